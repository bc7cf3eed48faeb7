// The citizen's page: sends a message, shows the replies with their sources. No library, no other origin.
"use strict";

const log = document.getElementById("log");
const form = document.getElementById("ask");
const field = document.getElementById("message");
const send = form.querySelector("button[type=submit]");
const problem = document.getElementById("problem");
const welcome = document.getElementById("welcome");
const larger = document.getElementById("larger");
const restart = document.getElementById("restart");

const PATIENCE = 40_000; // ms; the server gives up before
const WAITING = [
  [0, "正在查找……"],
  [4_000, "还在查找，请稍等……"],
  [12_000, "今天查得比平时慢，请再等一会儿。急事可以直接拨打 12345。"],
];
const STATUS = {
  in_force: "现行有效",
  not_yet_in_force: "尚未生效",
  expired: "有效期已满",
  repealed: "已废止",
  unknown: "有效期未写明",
};
const KEPT = 60; // turns shown again after a reload

// Storage may be switched off in the browser; then the page works without it.
const store = (storage) => ({
  get(name) { try { return window[storage].getItem(name); } catch { return null; } },
  set(name, value) { try { window[storage].setItem(name, value); } catch { /* works without */ } },
});
const tab = store("sessionStorage");
const device = store("localStorage");

const place = new URLSearchParams(location.search).get("jurisdiction") || "";
const jurisdiction = /^[a-z][a-z0-9_]{0,63}$/.test(place) ? place : undefined;
let conversation = tab.get("conversation") || newConversation();
let transcript = [];

function newConversation() {
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  tab.set("conversation", made);
  return made;
}

function remember(turn) {
  transcript = [...transcript, turn].slice(-KEPT);
  tab.set("transcript", JSON.stringify(transcript));
}

// --- building the page ------------------------------------------------------------------------------------------

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content.filter((part) => part !== undefined && part !== null && part !== ""));
  return made;
}

function add(item) {
  log.append(item);
  arrange();
  return item;
}

function arrange() {
  const empty = !log.children.length;
  welcome.hidden = !empty;
  restart.hidden = empty;
}

function reveal(item, block) {
  item.scrollIntoView({ block });
}

const PERSON = "转人工";

function ownMessage(text) {
  return element("li", "mine", element("span", "unseen", "您："), text);
}

function replyItem(messages) {
  const texts = messages.flatMap((message) => (message.text || "").split("\n")).filter(Boolean);
  const buttons = messages.flatMap((message) => message.buttons || []);
  const custom = messages.map((message) => message.custom).find(Boolean) || {};
  const citations = custom.citations || [];
  const titles = new Set(citations.map((citation) => citation.title));
  const item = element("li", "reply", element("span", "unseen", "答复："));
  if (custom.kind === "emergency") {
    item.classList.add("emergency");
    item.append(element("p", "headline", "紧急情况"));
  }
  const sources = texts.filter((line) => [...titles].some((title) => line.startsWith(`依据：《${title}》`)));
  const choices = new Map(buttons.filter(({ title }) => title !== PERSON).map((button) => [button.title, button]));
  const list = element("ol", "choices");
  for (const line of texts) {
    const numbered = line.replace(/^\d+\.\s*/, "");
    const title = numbered.replace(/^【[^】]*】/, "");
    if (choices.has(title)) {
      const { payload } = choices.get(title);
      list.append(element("li", "", askButton(numbered, payload)));
      choices.delete(title);
      item.append(list);
    } else if (list.lastElementChild?.childElementCount === 1) { // the line below an offered question is its answer
      list.lastElementChild.append(element("p", "preview", line));
    } else if (!sources.includes(line)) {
      item.append(element("p", line.startsWith("依据：") ? "plain-source" : "", line));
    }
  }
  for (const { title, payload } of choices.values()) list.append(element("li", "", askButton(title, payload)));
  if (list.childElementCount && !list.parentElement) item.append(list);
  if (custom.kind === "emergency") item.insertBefore(emergencyCalls(texts.join("\n")), item.lastElementChild);
  if (titles.size) item.append(sourceList(citations, sources));
  if (custom.kind === "clarify" && buttons.some(({ title }) => title === PERSON)) {
    item.append(element("p", "calls", askButton(PERSON, PERSON)));
  }
  if (custom.kind === "unsupported" || custom.kind === "handoff") item.append(waysToPeople(custom.kind));
  return item;
}

function emergencyCalls(text) {
  const numbers = new Set(Array.from(text.matchAll(/\d+/g), (match) => match[0]));
  const calls = ["110", "119", "120", "122"].filter((number) => numbers.has(number));
  return element("p", "calls", ...calls.map((number) => callLink(number)));
}

function callLink(number) {
  const link = element("a", "call", `拨打 ${number}`);
  link.href = `tel:${number}`;
  return link;
}

function waysToPeople(kind) {
  const ways = element("p", "calls", callLink("12345"));
  if (kind === "unsupported") ways.append(askButton(PERSON, PERSON));
  return ways;
}

function askButton(title, payload) {
  const button = element("button", "", title);
  button.type = "button";
  button.addEventListener("click", () => ask(payload));
  return button;
}

// One block for each document: title, number and provisions, whether it still applies, the words themselves.
function sourceList(citations, lines) {
  const list = element("ul", "sources");
  list.setAttribute("aria-label", "依据");
  for (const title of new Set(citations.map((citation) => citation.title))) {
    const cited = citations.filter((citation) => citation.title === title);
    const [first] = cited;
    const provisions = [...new Set(cited.map((citation) => citation.provision).filter(Boolean))].join("、");
    const badge = STATUS[first.status] && element("span", `badge ${first.status}`, STATUS[first.status]);
    const item = element("li", "", element("p", "title", element("span", "label", "依据"), `《${title}》`));
    item.append(element("p", "meta", [first.document_number, provisions].filter(Boolean).join("　"), badge));
    const start = `依据：《${title}》`;
    const line = (lines.find((text) => text.startsWith(start)) || "").slice(start.length);
    const note = line.slice(line.indexOf("。") + 1).trim();
    if (note) item.append(element("p", "note", note));
    for (const citation of cited.filter(({ quote }) => quote)) {
      const words = element("blockquote", "", citation.quote);
      item.append(element("details", "", element("summary", "", `查看${citation.provision || "条款"}原文`), words));
    }
    list.append(item);
  }
  return list;
}

// Shows that something is going on, and says so again when it takes long. Returns what ends it.
function showWaiting() {
  const text = element("span", "");
  const dots = element("span", "dots", element("i"), element("i"), element("i"));
  dots.setAttribute("aria-hidden", "true");
  const item = add(element("li", "waiting", dots, text));
  const timers = WAITING.map(([after, words]) => setTimeout(() => { text.textContent = words; }, after));
  return { item, end() { timers.forEach(clearTimeout); item.remove(); arrange(); } };
}

// --- asking -----------------------------------------------------------------------------------------------------

class Refused extends Error {}
class Unreachable extends Error {}

async function replies(message) {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE);
  try {
    const response = await fetch("/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ conversation, message, jurisdiction }),
      signal: given.signal,
    }).catch((error) => { throw error.name === "AbortError" ? error : new Unreachable(); });
    const content = await response.json();
    if (!response.ok) throw new Refused(content.error);
    return content.messages;
  } finally {
    clearTimeout(timer);
  }
}

function sentenceFor(error) {
  if (error instanceof Refused && error.message) return error.message;
  if (error.name === "AbortError") return "等了很久没有回音。您的问题还在输入框里，请稍后再发，或拨打 12345。";
  if (error instanceof Unreachable) return "网络连不上。您的问题还在输入框里，请检查网络后再发，或拨打 12345。";
  return "系统出了点问题。您的问题还在输入框里，请稍后再发，或拨打 12345。";
}

let busy = false;
async function ask(text) {
  text = text.trim();
  if (busy || !text) return;
  setBusy(true);
  setProblem("");
  const asked = add(ownMessage(text));
  field.value = "";
  fit();
  const waiting = showWaiting();
  reveal(waiting.item, "end");
  try {
    const messages = await replies(text);
    waiting.end();
    add(replyItem(messages));
    remember({ text });
    remember({ messages });
    reveal(asked, "start");
  } catch (error) {
    asked.remove();
    waiting.end();
    field.value = field.value ? `${text}\n${field.value}` : text;
    fit();
    setProblem(sentenceFor(error));
  } finally {
    setBusy(false);
    field.focus({ preventScroll: true });
  }
}

function setBusy(state) {
  busy = state;
  send.setAttribute("aria-disabled", String(state));
  send.textContent = state ? "查找中" : "发送";
}

function setProblem(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

// The box grows with what is written, up to what the style allows.
function fit() {
  field.style.height = "";
  if (field.value) field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  if (field.value.length >= field.maxLength) setProblem(`一次最多 ${field.maxLength} 个字，多出的没有写入，请分几次发送。`);
}

// --- what the citizen does --------------------------------------------------------------------------------------

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(field.value);
});

field.addEventListener("input", () => { setProblem(""); fit(); });

field.addEventListener("keydown", (event) => {
  const composing = event.isComposing || event.keyCode === 229; // an input method takes this Enter for itself
  if (event.key === "Enter" && !event.shiftKey && !composing) {
    event.preventDefault();
    ask(field.value);
  }
});

for (const button of welcome.querySelectorAll("button")) {
  button.addEventListener("click", () => ask(button.textContent));
}

restart.addEventListener("click", () => {
  if (busy) return;
  conversation = newConversation();
  transcript = [];
  tab.set("transcript", "[]");
  log.replaceChildren();
  setProblem("");
  arrange();
  field.focus();
});

function setLarge(large) {
  document.documentElement.classList.toggle("large", large);
  larger.setAttribute("aria-pressed", String(large));
  device.set("large", large ? "1" : "");
  fit();
}
larger.addEventListener("click", () => setLarge(larger.getAttribute("aria-pressed") !== "true"));

function restore() {
  try {
    for (const turn of JSON.parse(tab.get("transcript") || "[]")) {
      log.append(turn.messages ? replyItem(turn.messages) : ownMessage(turn.text));
      transcript.push(turn);
    }
  } catch {
    log.replaceChildren();
    transcript = [];
  }
  arrange();
  const own = log.querySelectorAll(".mine");
  if (own.length) reveal(own[own.length - 1], "start");
}

setLarge(device.get("large") === "1");
restore();
field.focus({ preventScroll: true });
