// Writing entries: a provision is cited and a figure taken over by a button, and an upload shows how far it is.
import { notice } from "./notices";

function changed(element: HTMLElement): void {
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Adds `path` of `document` to the row of the form that cites that document, or to the first empty one. */
function cite(document_: string, path: string): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".citation")].map((row) => ({
    select: row.querySelector<HTMLSelectElement>("select"),
    input: row.querySelector<HTMLInputElement>("input"),
  }));
  const row = rows.find(({ select }) => select?.value === document_) ?? rows.find(({ select }) => !select?.value);
  if (!row?.select || !row.input) return;
  row.select.value = document_;
  const paths = row.input.value.split("、").filter(Boolean);
  if (!paths.includes(path)) row.input.value = [...paths, path].join("、");
  changed(row.input);
}

function insert(text: string, id: string): void {
  const field = document.getElementById(id) as HTMLTextAreaElement | null;
  if (!field) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  changed(field);
}

export function helpWriting(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-cite], [data-insert]");
    const { cite: path, document: cited, insert: text, into } = button?.dataset ?? {};
    if (path && cited) cite(cited, path);
    if (text && into) insert(text, into);
  });
  document.addEventListener("change", (event) => {
    const select = (event.target as Element).closest<HTMLSelectElement>("select[data-reload]");
    if (select) location.assign(select.dataset["reload"] + encodeURIComponent(select.value));
  });
  document.addEventListener("change", (event) => {
    const input = (event.target as Element).closest<HTMLInputElement>("input[type=file][data-largest]");
    const largest = Number(input?.dataset["largest"]);
    if (!input?.files?.[0] || input.files[0].size <= largest) return;
    notice(`“${input.files[0].name}”超过 ${Math.round(largest / 1024 / 1024)} MB，请拆分后再上传。`, "danger");
    input.value = "";
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const { loaded, total } = (event as CustomEvent<{ loaded: number; total: number }>).detail;
    const bar = (event.target as Element).querySelector<HTMLProgressElement>("progress");
    if (!bar || !total) return;
    bar.hidden = false;
    bar.value = (100 * loaded) / total;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const bar = (event.target as Element).querySelector?.<HTMLProgressElement>("form.upload progress, :scope > progress");
    if (bar) bar.hidden = true;
  });
}
