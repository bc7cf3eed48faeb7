// Drawn here, so that nothing else has to be loaded.

import type { ComponentChildren } from "preact";

const PATHS = {
  chat: "M4 5h16a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM7 9.5h10M7 13h6",
  phone: "M6.5 3h3l1.5 5-2 1.5a12 12 0 0 0 5.500 5.500l1.500-2 5 1.500v3a2 2 0 0 1-2.200 2A17 17 0 0 1 4.500 5.200 2 2 0 0 1 6.500 3z",
  person: "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4.200 3.600-6.500 8-6.500s8 2.300 8 6.500",
  note: "M5 3h10l4 4v14H5zM14.500 3v4.500H19M8.500 12h7M8.500 16h5",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-5 17-3.500-7zM11.500 14L20 4",
  speaker: "M4 9.500v5h3.500L12 19V5L7.500 9.500zM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  up: "M7 21V11l4-8c1.700 0 2.500 1.200 2.200 2.800L12.700 9H19a2 2 0 0 1 2 2.300l-1.200 7.700A2.300 2.300 0 0 1 17.500 21zM7 11H3v10h4",
  down: "M17 3v10l-4 8c-1.700 0-2.500-1.200-2.200-2.800l.5-3.200H5a2 2 0 0 1-2-2.300L4.200 5A2.300 2.300 0 0 1 6.500 3zM17 13h4V3h-4",
  photo: "M3 7h4l2-3h6l2 3h4v13H3zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
  check: "M5 12.500l5 5L20 7",
  warn: "M12 3l10 18H2zM12 10v5M12 18h.01",
} as const;

export function Icon({ name, big }: { name: keyof typeof PATHS; big?: boolean }) {
  return (
    <svg class={big ? "icon big" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Emblem() {
  return (
    <svg class="emblem" viewBox="0 0 44 44" aria-hidden="true" focusable="false">
      <rect class="plate" width="44" height="44" rx="12" />
      <path class="bubble" d="M12 11h20a4 4 0 0 1 4 4v11a4 4 0 0 1-4 4h-9l-7 6v-6h-4a4 4 0 0 1-4-4V15a4 4 0 0 1 4-4z" />
      <path class="lines" d="M15 18h14M15 23h9" />
    </svg>
  );
}

export function Unseen({ children }: { children: ComponentChildren }) {
  return <span class="unseen">{children}</span>;
}
