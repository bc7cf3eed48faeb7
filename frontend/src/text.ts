// Reads the server's plain text: what is said, what is a choice, what is a source, what can be called.

import type { Choice, Citation, Message } from "./protocol";

const SOURCE = /^依据：/;
const NUMBERED = /^\d+[.．、]\s*/;
const PLACE = /^【[^】]*】/;

export interface Offer {
  choice: Choice;
  title: string;
  preview: string[];
}

export interface Parts {
  lines: string[]; // before the choices
  offers: Offer[];
  after: string[]; // what follows the choices
  sources: string[]; // lines that tell a source
}

/** Take the text of `message` apart. A line that repeats a button becomes the button, with its answer below it. */
export function partsOf(message: Message): Parts {
  const parts: Parts = { lines: [], offers: [], after: [], sources: [] };
  const left = [...(message.buttons ?? [])];
  for (const line of (message.text ?? "").split("\n")) {
    if (!line.trim()) continue;
    const numbered = line.replace(NUMBERED, "");
    const title = numbered.replace(PLACE, "");
    const at = left.findIndex((button) => button.title === title || button.title === numbered);
    const last = parts.offers[parts.offers.length - 1];
    if (at >= 0) parts.offers.push({ choice: left.splice(at, 1)[0]!, title: numbered, preview: [] });
    else if (SOURCE.test(line)) parts.sources.push(line.replace(SOURCE, ""));
    else if (last && !last.preview.length) last.preview.push(line);
    else (last ? parts.after : parts.lines).push(line);
  }
  for (const choice of left) parts.offers.push({ choice, title: choice.title, preview: [] });
  return parts;
}

export interface Document {
  title: string;
  citations: Citation[];
  note: string; // what the text says about its validity
}

/** The documents that are cited, each once, with what the text says about it. */
export function documentsOf(citations: Citation[], sources: string[]): Document[] {
  return [...new Set(citations.map(({ title }) => title))].map((title) => {
    const line = sources.find((source) => source.startsWith(`《${title}》`)) ?? "";
    const end = line.indexOf("。");
    return {
      title,
      citations: citations.filter((citation) => citation.title === title),
      note: end < 0 ? "" : line.slice(end + 1).trim(),
    };
  });
}

/** The source lines that no citation tells better. */
export function plainSources(citations: Citation[], sources: string[]): string[] {
  return sources.filter((source) => !citations.some(({ title }) => source.startsWith(`《${title}》`)));
}

const EMERGENCY = ["110", "119", "120", "122"];

/** The emergency numbers that `text` names, in its order; all where it names none. */
export function emergencyNumbers(text: string): string[] {
  const named = [...text.matchAll(/\d+/g)].map(([number]) => number).filter((number) => EMERGENCY.includes(number));
  return named.length ? [...new Set(named)] : EMERGENCY.slice(0, 3);
}

export type Piece = string | { href: string; text: string; photo?: true };

const LINK = /https?:\/\/[!-~]{4,500}/;
const TELEPHONE = /(?<![\d-])(?:0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|12345)(?![\d-])/;
const SHORT_NUMBER = /(?<=(?:电话|热线|拨打|致电|號碼|号码)[是为：: ]{0,2})(?:12\d{3}|1[0-2]\d)(?!\d)/; // not 12000元
const LIVE = new RegExp(`${LINK.source}|${TELEPHONE.source}|${SHORT_NUMBER.source}`, "g");

/** Cut `line` into text and links: telephones, addresses, and photos that were uploaded to `origin`. */
export function pieces(line: string, origin: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of line.matchAll(LIVE)) {
    const text = match[0].replace(/[.,;:!?)\]}'"]+$/, "");
    found.push(line.slice(at, match.index));
    at = match.index + text.length;
    if (!text.startsWith("http")) found.push({ href: `tel:${text.replace(/-/g, "")}`, text });
    else if (text.startsWith(`${origin}/chat/files/`)) found.push({ href: text, text, photo: true });
    else found.push({ href: text, text });
  }
  found.push(line.slice(at));
  return found.filter((piece) => piece !== "");
}

/** What is read aloud or announced: everything but the sources. */
export function spoken(message: Message): string {
  return (message.text ?? "")
    .split("\n")
    .filter((line) => line.trim() && !SOURCE.test(line))
    .join("\n");
}
