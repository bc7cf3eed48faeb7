/** Says `text` in the corner and to a screen reader; what went wrong stays until it is closed. */
export function notice(text: string, look: "success" | "danger" = "success"): void {
  const place = document.getElementById("notices");
  if (!place) return;
  const note = document.createElement("div");
  note.className = `notice alert alert-${look}`;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.setAttribute("aria-label", "关闭");
  close.addEventListener("click", () => note.remove());
  note.append(words, close);
  place.append(note);
  if (look === "success") setTimeout(() => note.remove(), 6000);
}
