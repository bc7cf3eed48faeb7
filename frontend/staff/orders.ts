// The moves of a work order stand in dialogs: one that was refused is opened again, and a button closes it.
export function openDialogs(): void {
  document.querySelector<HTMLDialogElement>("dialog[data-open]")?.showModal();
  document.addEventListener("click", (event) => {
    (event.target as Element).closest("[data-closes]")?.closest("dialog")?.close();
  });
}
