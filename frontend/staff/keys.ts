// Keys: an element with data-key="s" is pressed (or focused, where it is a field) by that key; data-key="Alt+1" works
// while writing too; data-key="n Alt+n" has two. data-key="j" and "k" on a list with data-rows move between its links.

const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

function shown(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

function find(key: string): HTMLElement | undefined {
  const open = [...document.querySelectorAll<HTMLDialogElement>("dialog[open]")].pop();
  const found = (open ?? document).querySelectorAll<HTMLElement>(`[data-key~="${CSS.escape(key)}"]`);
  return [...found].find((element) => shown(element) && !element.matches(":disabled"));
}

function name(event: KeyboardEvent): string {
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt"].filter(Boolean);
  const key = event.altKey && /^Digit\d$/.test(event.code) ? event.code.slice(5) : event.key;
  return [...held, key].join("+");
}

export function listenForKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.metaKey) return;
    const writing = (event.target as Element).matches?.(FIELDS);
    if (writing && event.key === "Escape") (event.target as HTMLElement).blur();
    if (writing && !event.ctrlKey && !event.altKey) return;
    if (!writing && event.key === "?") {
      const help = document.getElementById("shortcuts") as HTMLDialogElement | null;
      if (help && !help.open) help.showModal();
      return;
    }
    const element = event.key === "/" ? (find("/") ?? document.querySelector<HTMLElement>("input[type=search]")) : find(name(event));
    if (!element) return;
    event.preventDefault();
    if (element.matches(FIELDS)) element.focus();
    else element.click();
  });
}
