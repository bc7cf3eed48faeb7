// Reads the script element's attributes and puts the chat on the page, in a shadow root with styles of its own.

import { h, render } from "preact";
import { Conversation } from "./conversation";
import { languageOf } from "./strings";
import { store } from "./storage";
import styles from "./styles.css";
import { App, type Controls } from "./ui/App";

declare global {
  interface Window {
    hotlineChat?: Controls;
  }
}

const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src$="/widget.js"],script[src*="/widget.js?"]');

function mount(): void {
  if (!script || window.hotlineChat || !("adoptedStyleSheets" in document)) return; // too old: the page stays as it is
  const { origin } = new URL(script.src);
  const given = script.dataset;
  const paged = given.mode === "page";
  const place = paged ? document.getElementById("hotline-chat") : null;
  const host = document.createElement("hotline-chat");
  (place ?? document.body).append(host);
  place?.querySelectorAll(":scope > :not(hotline-chat)").forEach((instead) => instead.remove());

  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  const height = new CSSStyleSheet(); // how much of the window the keyboard of a phone leaves
  root.adoptedStyleSheets = [sheet, height];
  const fit = () => height.replaceSync(`.root{--window:${Math.round(visualViewport?.height ?? innerHeight)}px}`);
  visualViewport?.addEventListener("resize", fit);
  addEventListener("resize", fit);
  fit();
  for (const type of ["keydown", "keyup", "keypress"]) {
    root.addEventListener(type, (event) => event.stopPropagation()); // the page's shortcuts are not for what is typed here
  }

  const controls: Controls = { open: () => undefined, close: () => undefined };
  render(
    h(App, {
      conversation: new Conversation(origin, given.jurisdiction ?? ""),
      settings: store(""),
      paged,
      left: given.position === "left",
      opened: given.open !== undefined && given.open !== "false",
      elder: given.elder !== undefined && given.elder !== "false",
      language: languageOf(given.lang),
      controls,
      root,
    }),
    root,
  );
  window.hotlineChat = controls;
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
else mount();
