// What every staff page does beyond plain HTML: htmx, keys, dialogs, notices, and parts that follow what happens elsewhere.
import "idiomorph/htmx";
import htmx from "htmx.org";

import { runDesk } from "./desk";
import { listenForKeys } from "./keys";
import { helpWriting } from "./knowledge";
import { followLive } from "./live";
import { notice } from "./notices";
import { openDialogs } from "./orders";

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (document.documentElement.dataset["bsTheme"] = dark.matches ? "dark" : "light");
theme();
dark.addEventListener("change", theme);

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
  let reason = "没有成功，请稍后再试。";
  try {
    reason = JSON.parse(xhr.responseText).error ?? reason;
  } catch {
    // a proxy's page, not ours
  }
  notice(reason, "danger");
});
document.addEventListener("htmx:sendError", () => notice("连不上服务器，请检查网络后再试。", "danger"));
document.addEventListener("hotline:notice", (event) => notice((event as CustomEvent<{ value: string }>).detail.value));
document.addEventListener("htmx:confirm", (event) => {
  const { question, issueRequest } = (event as CustomEvent<{ question?: string; issueRequest: (skip: boolean) => void }>).detail;
  if (!question) return;
  event.preventDefault();
  ask(question).then((yes) => yes && issueRequest(true));
});

/** Asks in a dialog of the page, which a keyboard and a screen reader can answer. */
function ask(question: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  const text = document.createElement("p");
  text.textContent = question;
  const form = document.createElement("form");
  form.method = "dialog";
  for (const [value, title, look] of [["no", "取消", "btn-outline-secondary"], ["yes", "确定", "btn-primary"]] as const) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = title;
    button.className = `btn ${look}`;
    button.autofocus = value === "no";
    form.append(button);
  }
  dialog.append(text, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    }),
  );
}

document.addEventListener("click", (event) => {
  const opener = (event.target as Element).closest<HTMLElement>("[data-opens]");
  if ((event.target as Element).closest("[data-closes]")) (event.target as Element).closest("dialog")?.close();
  if (opener) (document.getElementById(opener.dataset["opens"] ?? "") as HTMLDialogElement | null)?.showModal();
});

// What was begun is not lost by a wrong click: forms marked so ask before the page is left.
let unsaved = false;
document.addEventListener("input", (event) => {
  if ((event.target as Element).closest("form[data-guard]")) unsaved = true;
});
document.addEventListener("submit", () => (unsaved = false));
document.addEventListener("htmx:afterRequest", (event) => {
  if ((event as CustomEvent<{ elt: Element }>).detail.elt.matches("form[data-guard]")) unsaved = false;
});
addEventListener("beforeunload", (event) => unsaved && event.preventDefault());

helpWriting();
listenForKeys();
runDesk(htmx);
openDialogs();
followLive(htmx);
