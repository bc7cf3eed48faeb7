// localStorage under our own names. It may be switched off or full; then everything works until the page is left.

const PREFIX = "hotline-chat:";
const instead = new Map<string, string>();

export interface Store {
  get(name: string): string | null;
  set(name: string, value: string | null): void;
  names(start: string): string[];
}

export function store(scope: string): Store {
  const full = (name: string) => `${PREFIX}${scope}${name}`;
  return {
    get(name) {
      try {
        return localStorage.getItem(full(name)) ?? instead.get(full(name)) ?? null;
      } catch {
        return instead.get(full(name)) ?? null;
      }
    },
    set(name, value) {
      instead.delete(full(name));
      try {
        if (value === null) localStorage.removeItem(full(name));
        else localStorage.setItem(full(name), value);
      } catch {
        if (value !== null) instead.set(full(name), value);
      }
    },
    names(start) {
      const found = [...instead.keys()];
      try {
        for (let i = 0; i < localStorage.length; i++) found.push(localStorage.key(i) ?? "");
      } catch {
        // what is kept instead is all there is
      }
      return [...new Set(found)].filter((key) => key.startsWith(full(start))).map((key) => key.slice(full("").length));
    },
  };
}

/** A random UUID, also on pages without a secure context, where crypto.randomUUID is missing. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
