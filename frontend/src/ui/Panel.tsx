import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../protocol";
import { spoken } from "../text";
import { Composer } from "./Composer";
import { Forget } from "./Forget";
import { Emblem, Icon, Unseen } from "./icons";
import { Log } from "./Log";
import { OrderForm } from "./OrderForm";
import { useAround } from "./context";

interface Props {
  paged: boolean;
  small: boolean;
  focus: boolean;
  root: ShadowRoot;
  onClose(): void;
  onElder(): void;
  onLanguage(): void;
}

export type View = "chat" | "order" | "forget";

export function Panel({ paged, small, focus, root, onClose, onElder, onLanguage }: Props) {
  const { t, conversation, elder } = useAround();
  const { holding, link } = conversation;
  const [view, setView] = useState<View>("chat");
  const [menu, setMenu] = useState(false);
  const [rating, setRating] = useState(false);
  const [about, setAbout] = useState(""); // what the form starts with
  const panel = useRef<HTMLElement>(null);
  const menuButton = useRef<HTMLButtonElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const returnTo = useRef("");
  const focused = useRef<HTMLElement | null>(null);

  // On a phone the keyboard would hide the questions; there the panel itself takes the focus.
  useLayoutEffect(() => {
    if (!focus) return;
    if (matchMedia("(pointer: coarse)").matches) panel.current?.focus({ preventScroll: true });
    else field.current?.focus({ preventScroll: true });
  }, []);

  useEffect(() => {
    const see = () => view === "chat" && !document.hidden && conversation.seen();
    see();
    document.addEventListener("visibilitychange", see);
    return () => document.removeEventListener("visibilitychange", see);
  }, [view, conversation.after]);

  useEffect(() => {
    if (view !== "chat" || !returnTo.current) return;
    const back = root.querySelector<HTMLElement>(returnTo.current);
    (back ?? field.current)?.focus();
    returnTo.current = "";
  }, [view]);

  // Where what had the focus is gone (a refused message, a form), it goes to the field, not to the page behind.
  useLayoutEffect(() => {
    const lost = focused.current && !focused.current.isConnected && !root.activeElement;
    if (!lost || (document.activeElement && document.activeElement !== document.body)) return;
    focused.current = null;
    const coarse = matchMedia("(pointer: coarse)").matches;
    (coarse || view !== "chat" ? panel : field).current?.focus({ preventScroll: true });
  });

  const go = (to: View, from: string) => {
    returnTo.current = from;
    setMenu(false);
    setView(to);
  };
  const report = (what = "") => {
    setAbout(what);
    go("order", ".report");
  };
  const person = () => {
    conversation.handoff();
    field.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) {
      if (menu) {
        setMenu(false);
        menuButton.current?.focus();
      } else if (view !== "chat") setView("chat");
      else if (!paged) onClose();
      else return;
      event.preventDefault();
    }
    if (event.key === "Tab" && small && !paged) keepInside(event, panel.current!, root);
  };

  const floating = !paged;
  return (
    <section
      class="panel"
      ref={panel}
      role={floating ? "dialog" : "region"}
      aria-modal={floating && small ? "true" : undefined}
      aria-labelledby="title"
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onFocusIn={(event) => {
        focused.current = event.target as HTMLElement;
      }}
    >
      <header>
        <Emblem />
        <div class="name">
          <h2 id="title">{t.title(conversation.place)} {paged ? t.assistant : <Unseen>{t.assistant}</Unseen>}</h2>
          <p class={`presence ${link}`}>
            {link === "lost"
              ? t.lost
              : link === "connecting"
                ? t.connecting
                : holding.holder === "operator"
                  ? t.withOperator(holding.operator ?? "")
                  : paged
                    ? <span><span class="hotline">{t.hotline}</span>{t.promise}</span>
                    : t.idle}
          </p>
        </div>
        <div class="tools">
          <button type="button" class="elder-switch" aria-pressed={elder} onClick={onElder}>
            {elder ? t.standard : t.elder}
          </button>
          <button
            type="button"
            class="menu-switch"
            ref={menuButton}
            aria-expanded={menu}
            aria-controls="menu"
            aria-label={t.more}
            onClick={() => setMenu(!menu)}
          >
            {elder ? t.more : <Icon name="more" />}
          </button>
          {floating && (
            <button type="button" class="close" aria-label={t.close} onClick={onClose}>
              {elder ? t.close : <Icon name="close" />}
            </button>
          )}
        </div>
      </header>
      <div id="menu" class="menu" hidden={!menu}>
        <button
          type="button"
          onClick={() => {
            setMenu(false);
            setView("chat");
            setRating(true);
          }}
        >
          {t.rate}
        </button>
        <button type="button" lang={t.lang === "zh-Hant" ? "zh-Hans-CN" : "zh-Hant"} onClick={onLanguage}>
          {t.other}
        </button>
        <button type="button" class="delete" onClick={() => go("forget", ".menu-switch")}>
          {t.delete}
        </button>
      </div>

      <Announcer />
      <Notices />
      {view === "order" && (
        <OrderForm about={about} onDone={() => setView("chat")} />
      )}
      {view === "forget" && <Forget onDone={() => setView("chat")} />}
      <div class="chat" hidden={view !== "chat"}>
        <Log rating={rating} onRated={() => setRating(false)} onReport={report} shown={view === "chat"} />
        <div class="ways">
          <button type="button" class="report" onClick={() => report()}>
            <Icon name="note" />
            {t.report}
          </button>
          <button type="button" class="person" aria-disabled={holding.holder !== "bot"} onClick={person}>
            <Icon name="person" />
            {t.person}
          </button>
          <a class="call" href="tel:12345" aria-label={t.call("12345")}>
            <Icon name="phone" />
            12345
          </a>
        </div>
        <Composer field={field} />
      </div>
    </section>
  );
}

/** Keep Tab inside a panel that covers the whole window. */
function keepInside(event: KeyboardEvent, panel: HTMLElement, root: ShadowRoot): void {
  const all = [...panel.querySelectorAll<HTMLElement>("button,a[href],textarea,input,summary,[tabindex='0']")];
  const reachable = all.filter((item) => item.getClientRects().length && !(item as HTMLButtonElement).disabled);
  const first = reachable[0];
  const last = reachable[reachable.length - 1];
  const focused = root.activeElement;
  if (event.shiftKey && (focused === first || focused === panel)) {
    event.preventDefault();
    last?.focus();
  } else if (!event.shiftKey && focused === last) {
    event.preventDefault();
    first?.focus();
  }
}

/** Tells a screen reader each new answer once; danger at once. What changes inside an older answer is not told again. */
function Announcer() {
  const { t, conversation } = useAround();
  const { news } = conversation;
  const who = (message: Message) =>
    message.from === "operator" ? message.name || t.operator : message.from === "system" ? t.system : t.answered;
  const line = (message: Message) => <p key={message.seq}>{`${who(message)}：${spoken(message)}`}</p>;
  const urgent = (message: Message) => message.custom?.kind === "emergency";
  return (
    <>
      <div class="unseen" id="announcer" aria-live="polite" aria-relevant="additions" lang="zh-Hans-CN">
        {news.filter((message) => !urgent(message)).map(line)}
      </div>
      <div class="unseen" id="alarm" aria-live="assertive" aria-relevant="additions" lang="zh-Hans-CN">
        {news.filter(urgent).map(line)}
      </div>
    </>
  );
}

function Notices() {
  const { t, conversation } = useAround();
  const { holding, link, problem } = conversation;
  return (
    <div class="notices" role="status">
      {link === "lost" && (
        <p class="notice offline">
          <span>{t.offline}</span>
          <button type="button" onClick={() => conversation.retry()}>
            {t.retry}
          </button>
        </p>
      )}
      {holding.holder === "queue" && (
        <p class="notice queue">
          <strong>{t.queueing(holding.position)}</strong> <span>{t.queueHint}</span>
        </p>
      )}
      {problem && <p class="notice problem">{problem}</p>}
    </div>
  );
}
