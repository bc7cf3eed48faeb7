// The operators' desk: lists that follow the socket without jumping under the cursor, the composer, suggestions.
import type htmxModule from "htmx.org";
import { Idiomorph } from "idiomorph";

const TYPING_SHOWN = 4000;
const PREPARING_WAIT = 3000;
const NEAR_THE_END = 80;

type News = {
  rows?: Record<string, string>;
  lists?: Record<string, string[]>;
  unread?: number;
  present?: number;
  taking?: boolean;
  typing?: string;
};
type Used = { entry: string; version: number; rank: number; confidence: number; text: string };
type Kept = { text: string; used: string };

const rows = new Map<string, string>();
const pending = new Map<HTMLElement, string[]>();
const drawn = new WeakMap<Element, string>();
const drafts = new Map<string, Kept>();
const title = document.title;
let taking = true;
let typingTimer = 0;

function opened(): string {
  return document.querySelector<HTMLElement>("[data-conversation]")?.dataset["conversation"] ?? "";
}

function tell(detail: object): void {
  document.dispatchEvent(new CustomEvent("hotline:tell", { detail }));
}

function made(html: string): HTMLElement {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild as HTMLElement;
}

function tick(): void {
  const now = Date.now() / 1000;
  for (const time of document.querySelectorAll<HTMLElement>("time[data-since]")) {
    const seconds = Math.max(0, Math.floor(now - Number(time.dataset["since"])));
    const hours = Math.floor(seconds / 3600);
    const minutes = String(Math.floor(seconds / 60) % 60).padStart(hours ? 2 : 1, "0");
    time.textContent = `${hours ? `${hours}:` : ""}${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

function markOpened(): void {
  const id = opened();
  for (const row of document.querySelectorAll<HTMLElement>("[data-row]")) {
    const link = row.querySelector("a");
    if (row.dataset["row"] === id) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  }
}

/** Brings a list to `order`; while the pointer is over it nothing moves: what went is dimmed, what came stands last. */
function arrange(htmx: typeof htmxModule, list: HTMLElement, order: string[]): void {
  const waits = list.matches(":hover") && list.dataset["liveList"] === "queue";
  const there = new Map([...list.children].map((row) => [(row as HTMLElement).dataset["row"] ?? "", row as HTMLElement]));
  if (waits) pending.set(list, order);
  else pending.delete(list);
  for (const [id, row] of there) {
    if (order.includes(id)) continue;
    if (!waits) row.remove();
    else {
      row.classList.add("gone");
      row.querySelectorAll("button").forEach((button) => (button.disabled = true));
    }
  }
  let before: Element | null = null;
  for (const id of order) {
    const html = rows.get(id);
    let row = there.get(id);
    if (!row && !html) continue;
    if (!row) {
      row = made(html as string);
      list.append(row);
      htmx.process(row);
    } else if (html && drawn.get(row) !== html) {
      Idiomorph.morph(row, html);
      row = list.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`) as HTMLElement;
      htmx.process(row);
    }
    if (html) drawn.set(row, html);
    if (!waits) {
      const next: Element | null = before ? before.nextElementSibling : list.firstElementChild;
      if (next !== row) list.insertBefore(row, next);
      before = row;
    }
  }
  const name = list.dataset["liveList"] ?? "";
  const count = document.querySelector(`[data-count="${name}"]`);
  if (count) count.textContent = String(order.length);
  document.querySelector(`[data-empty="${name}"]`)?.toggleAttribute("hidden", order.length > 0);
}

function showStatus(): void {
  const button = document.querySelector<HTMLElement>("[data-status]");
  if (!button) return;
  button.textContent = taking ? "在线（点此小休）" : "小休中（点此上线）";
  button.setAttribute("aria-pressed", String(!taking));
}

function showTyping(): void {
  const line = document.getElementById("typing");
  if (!line) return;
  line.hidden = false;
  clearTimeout(typingTimer);
  typingTimer = window.setTimeout(() => (line.hidden = true), TYPING_SHOWN);
}

function reply(): HTMLTextAreaElement | null {
  return document.querySelector<HTMLTextAreaElement>("#reply");
}

function usedField(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>("#composer [name=used], #intake [name=used]");
}

function usedOf(offer: HTMLElement): Used | null {
  const { entry, version, rank, confidence, text } = offer.dataset;
  return entry ? { entry, version: Number(version), rank: Number(rank), confidence: Number(confidence), text: text ?? "" } : null;
}

function insert(offer: HTMLElement): void {
  const field = reply();
  if (!field) return;
  const text = offer.dataset["text"] ?? "";
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
  const used = usedField();
  const one = usedOf(offer);
  if (used && one) used.value = JSON.stringify([...(JSON.parse(used.value || "[]") as Used[]), one]);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
}

function reject(htmx: typeof htmxModule, offers: HTMLElement[]): void {
  const used = offers.map(usedOf).filter((one): one is Used => one !== null);
  if (!used.length) return;
  const address = `/desk/conversations/${encodeURIComponent(opened())}/judged`;
  void htmx.ajax("post", address, { source: "#suggestions", swap: "none", values: { used: JSON.stringify(used) } });
  offers.forEach((offer) => offer.classList.add("rejected"));
}

function keepDraft(): void {
  const field = reply();
  const id = opened();
  if (!field || !id || document.getElementById("intake")) return;
  if (field.value.trim()) drafts.set(id, { text: field.value, used: usedField()?.value ?? "" });
  else drafts.delete(id);
}

function showConversation(): void {
  document.querySelector<HTMLDialogElement>("#order[open]")?.close();
  tell({ opened: opened() });
  markOpened();
  const transcript = document.getElementById("transcript");
  if (transcript) transcript.scrollTop = transcript.scrollHeight;
  const field = reply();
  const kept = drafts.get(opened());
  if (field && kept && !field.value) {
    field.value = kept.text;
    const used = usedField();
    if (used) used.value = kept.used;
  }
  if (document.querySelector("[data-stance=mine]")) field?.focus();
}

/** Opens the form of a work order, unless another conversation was opened while it was fetched. */
function showOrder(dialog: HTMLDialogElement): void {
  const sends = dialog.querySelector("form")?.getAttribute("hx-post") ?? "";
  dialog.onclose = () => dialog.replaceChildren(); // else htmx settles the next form from this one's attributes
  if (!dialog.open && sends.includes(`/${encodeURIComponent(opened())}/`)) dialog.showModal();
}

function move(step: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('[data-live-list="mine"] a')];
  const now = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[(now + step + links.length) % links.length]?.click();
}

function retryWhilePrepared(htmx: typeof htmxModule): void {
  if (!document.querySelector('[data-preparing="yes"]')) return;
  setTimeout(() => {
    const what = document.querySelector("#intake [name=what]");
    if (what) htmx.trigger(what, "input", {});
    else if (document.getElementById("suggestions")) htmx.trigger("#suggestions", "live", {});
  }, PREPARING_WAIT);
}

function followNews(htmx: typeof htmxModule): void {
  document.addEventListener("hotline:news", (event) => {
    const news = (event as CustomEvent<News>).detail;
    for (const [id, html] of Object.entries(news.rows ?? {})) rows.set(id, html);
    for (const [name, order] of Object.entries(news.lists ?? {})) {
      const list = document.querySelector<HTMLElement>(`[data-live-list="${name}"]`);
      if (list) arrange(htmx, list, order);
    }
    if (news.lists) markOpened(), tick();
    if (news.unread !== undefined) document.title = news.unread ? `（${news.unread}）${title}` : title;
    const present = document.querySelector("[data-present]");
    if (present && news.present !== undefined) present.textContent = String(news.present);
    if (news.taking !== undefined) (taking = news.taking), showStatus();
    if (news.typing && news.typing === opened()) showTyping();
  });
  document.addEventListener("hotline:connected", () => {
    tell({ opened: opened() });
    document.querySelector("[data-connection]")?.setAttribute("hidden", "");
  });
  document.addEventListener("hotline:disconnected", () => document.querySelector("[data-connection]")?.removeAttribute("hidden"));
  document.addEventListener("pointerover", (event) => {
    for (const [list, order] of pending) if (!list.contains(event.target as Node)) arrange(htmx, list, order);
  });
}

function followPage(htmx: typeof htmxModule): void {
  let atTheEnd = true;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = (event as CustomEvent<{ target: HTMLElement }>).detail;
    if (target.id === "conversation") keepDraft();
    if (target.id === "transcript") atTheEnd = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_THE_END;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.target as HTMLElement;
    if (target.id === "conversation") showConversation();
    if (target.id === "transcript" && atTheEnd) target.scrollTop = target.scrollHeight;
    if (target.id === "order") showOrder(target as HTMLDialogElement);
    if (target.id === "suggestions") retryWhilePrepared(htmx);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = (event as CustomEvent<{ elt: HTMLElement; successful: boolean }>).detail;
    if (!elt.matches("#composer") || !successful) return;
    const form = elt as HTMLFormElement;
    (form.elements.namedItem("text") as HTMLTextAreaElement).value = "";
    (form.elements.namedItem("used") as HTMLInputElement).value = "";
    (form.elements.namedItem("key") as HTMLInputElement).value = crypto.randomUUID();
    drafts.delete(opened());
    const transcript = document.getElementById("transcript");
    if (transcript) transcript.scrollTop = transcript.scrollHeight;
    reply()?.focus();
  });
}

function followHands(htmx: typeof htmxModule): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const offer = target.closest<HTMLElement>(".offer");
    if (offer && target.closest("[data-insert]")) insert(offer);
    if (offer && target.closest("[data-reject]")) reject(htmx, [offer]);
    if (target.closest("[data-reject-all]")) reject(htmx, [...document.querySelectorAll<HTMLElement>("#suggestions .offer:not(.rejected)")]);
    if (target.closest("[data-status]")) tell({ taking: !taking });
    const route = target.closest<HTMLElement>("[data-route]")?.dataset["route"];
    const rule = document.querySelector<HTMLSelectElement>("#intake [name=rule]");
    if (route && rule) {
      rule.value = route;
      rule.closest("details")?.setAttribute("open", "");
      rule.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target as HTMLElement;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && field.matches?.("#composer textarea")) {
      event.preventDefault();
      const form = field.closest("form") as HTMLFormElement;
      if ((field as HTMLTextAreaElement).value.trim() && !form.querySelector("button:disabled")) form.requestSubmit();
    }
    if (event.altKey && (event.key === "j" || event.key === "k")) event.preventDefault(), move(event.key === "j" ? 1 : -1);
  });
  document.addEventListener("change", (event) => {
    const what = document.querySelector("#intake [name=what]");
    if (what && (event.target as Element).matches("#intake [name=place]")) htmx.trigger(what, "input", {});
  });
}

export function runDesk(htmx: typeof htmxModule): void {
  if (!document.querySelector(".desk, .intake")) return;
  followNews(htmx);
  followPage(htmx);
  followHands(htmx);
  showStatus();
  showConversation();
  tick();
  setInterval(tick, 1000);
}
