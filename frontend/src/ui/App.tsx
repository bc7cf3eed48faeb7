import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Conversation } from "../conversation";
import { hush, onSpeaking } from "../speech";
import type { Store } from "../storage";
import { STRINGS, languageOf, type Language } from "../strings";
import { Around } from "./context";
import { Icon } from "./icons";
import { Panel } from "./Panel";

export interface Controls {
  open(): void;
  close(): void;
}

interface Props {
  conversation: Conversation;
  settings: Store;
  paged: boolean;
  left: boolean;
  opened: boolean;
  elder: boolean;
  language: Language;
  controls: Controls;
  root: ShadowRoot;
}

const SMALL = "(max-width: 480px), (max-height: 520px)";

/** Whether the open panel covers the whole window. */
function useSmall(): boolean {
  const [small, setSmall] = useState(() => matchMedia(SMALL).matches);
  useEffect(() => {
    const query = matchMedia(SMALL);
    const change = () => setSmall(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return small;
}

export function App(props: Props) {
  const { conversation, settings, paged, controls } = props;
  const [, refresh] = useReducer((n: number) => n + 1, 0);
  const [open, setOpen] = useState(paged || props.opened);
  const [speaking, setSpeaking] = useState("");
  const [elder, setElder] = useState(() => (settings.get("elder") ?? (props.elder ? "1" : "0")) === "1");
  const [language, setLanguage] = useState<Language>(() => {
    const kept = settings.get("language");
    return kept ? languageOf(kept) : props.language;
  });
  const launcher = useRef<HTMLButtonElement>(null);
  const left = useRef(false);
  const small = useSmall();
  const t = STRINGS[language];

  useLayoutEffect(() => conversation.subscribe(() => refresh(0)), []);
  useEffect(() => onSpeaking(setSpeaking), []);
  useEffect(() => {
    if (open || conversation.live) conversation.start();
    if (!open && left.current) launcher.current?.focus();
    left.current = open;
  }, [open]);
  controls.open = () => setOpen(true);
  controls.close = () => {
    hush();
    if (!paged) setOpen(false);
  };

  const chooseElder = (wanted: boolean) => {
    setElder(wanted);
    settings.set("elder", wanted ? "1" : "0");
  };
  const chooseLanguage = () => {
    const other = language === "hans" ? "hant" : "hans";
    setLanguage(other);
    settings.set("language", other);
  };

  const classes = ["root", paged ? "paged" : "floating", elder && "elder", props.left && "left"].filter(Boolean).join(" ");
  const { unread } = conversation;
  return (
    <Around.Provider value={{ t, conversation, elder, speaking }}>
      <div class={classes} lang={t.lang}>
        {open ? (
          <Panel
            paged={paged}
            small={small}
            focus={!paged || document.activeElement === document.body}
            root={props.root}
            onClose={controls.close}
            onElder={() => chooseElder(!elder)}
            onLanguage={chooseLanguage}
          />
        ) : (
          <button
            type="button"
            class="launcher"
            ref={launcher}
            aria-haspopup="dialog"
            aria-label={t.open + (unread ? t.unread(unread) : "")}
            onClick={controls.open}
          >
            <Icon name="chat" big />
            <span>{t.open}</span>
            {unread > 0 && <span class="count">{unread > 9 ? "9+" : unread}</span>}
          </button>
        )}
      </div>
    </Around.Provider>
  );
}
