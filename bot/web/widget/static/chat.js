// The citizen's page: sends a message, shows the replies with their sources. No library, no other origin.
"use strict";

const log = document.getElementById("log");
const form = document.getElementById("ask");
const field = document.getElementById("message");
const problem = document.getElementById("problem");
const starters = document.getElementById("starters");
const larger = document.getElementById("larger");

const conversation = (() => {
  const known = sessionStorage.getItem("conversation");
  if (known) return known;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("conversation", made);
  return made;
})();

const jurisdiction = new URLSearchParams(location.search).get("jurisdiction") || undefined;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function show(item) {
  log.append(item);
  item.scrollIntoView({ block: "nearest" });
  return item;
}

function paragraphs(item, text) {
  for (const line of text.split("\n")) {
    if (!line) continue;
    const notice = line.search(/注意：|该文件.{0,12}未写明有效期/);
    if (line.startsWith("依据：") && notice > 0) {
      item.append(element("p", "source", line.slice(0, notice)), element("p", "warn", line.slice(notice)));
    } else {
      item.append(element("p", line.startsWith("依据：") ? "source" : "", line));
    }
  }
}

function showReply(messages) {
  const item = element("li", "");
  for (const message of messages) {
    if (message.text) paragraphs(item, message.text);
    if (message.buttons) {
      const choices = element("div", "choices");
      for (const button of message.buttons) {
        const made = element("button", "", button.title);
        made.type = "button";
        made.addEventListener("click", () => ask(button.payload));
        choices.append(made);
      }
      item.append(choices);
    }
    if (message.custom) {
      if (message.custom.kind === "emergency") item.classList.add("emergency");
      for (const citation of message.custom.citations || []) {
        if (!citation.quote) continue;
        const details = element("details");
        details.append(element("summary", "", `原文：${citation.provision}`), element("blockquote", "", citation.quote));
        item.append(details);
      }
    }
  }
  show(item);
}

function fail(text) {
  problem.textContent = text;
  problem.hidden = false;
}

let busy = false;
async function ask(text) {
  if (busy || !text.trim()) return;
  busy = true;
  problem.hidden = true;
  starters.hidden = true;
  show(element("li", "mine", text));
  const waiting = show(element("li", "waiting", "正在查……"));
  try {
    const response = await fetch("/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ conversation, message: text, jurisdiction }),
    });
    const content = await response.json();
    waiting.remove();
    if (!response.ok) throw new Error(content.error);
    showReply(content.messages);
    field.value = "";
  } catch (error) {
    waiting.remove();
    field.value = text;
    fail(error instanceof TypeError ? "网络连不上，您的问题还在输入框里，请稍后再发，或拨打 12345。" : error.message);
  } finally {
    busy = false;
    field.focus();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(field.value);
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

for (const button of starters.querySelectorAll("button")) {
  button.addEventListener("click", () => ask(button.textContent));
}

function setLarge(large) {
  document.documentElement.classList.toggle("large", large);
  larger.setAttribute("aria-pressed", String(large));
  localStorage.setItem("large", large ? "1" : "");
}
larger.addEventListener("click", () => setLarge(larger.getAttribute("aria-pressed") !== "true"));
setLarge(localStorage.getItem("large") === "1");
field.focus();
