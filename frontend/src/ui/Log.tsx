import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Pending } from "../conversation";
import type { Message } from "../protocol";
import { Answer } from "./Answer";
import { Line } from "./Line";
import { Rating } from "./Rating";
import { Unseen } from "./icons";
import { useAround } from "./context";

interface Props {
  rating: boolean;
  shown: boolean;
  onRated(): void;
  onReport(what?: string): void;
}

export function Log({ rating, shown, onRated, onReport }: Props) {
  const { t, conversation, elder } = useAround();
  const { messages, pending, holding, welcomed, suggested } = conversation;
  const box = useRef<HTMLDivElement>(null);
  const empty = !messages.length && !pending.length;

  // Show the answer from its first line: what was asked last goes to the top, unless all of it fits below.
  const last = messages[messages.length - 1]?.seq ?? 0;
  useLayoutEffect(() => {
    const log = box.current;
    if (!log || !shown) return;
    const own = log.querySelectorAll<HTMLElement>(".mine");
    const asked = own[own.length - 1];
    const top = asked ? asked.offsetTop - log.offsetTop - 12 : log.scrollHeight;
    log.scrollTop = empty ? 0 : Math.min(top, log.scrollHeight);
  }, [last, pending.length, elder, shown]);
  const followed = conversation.typing || conversation.waitingSince || rating || holding.closed;
  useLayoutEffect(() => {
    if (followed && box.current && !empty) box.current.scrollTop = box.current.scrollHeight;
  }, [followed]);

  const report = (message: Message) => {
    const before = messages.filter(({ seq, from }) => seq < message.seq && from === "citizen");
    onReport(before[before.length - 1]?.text ?? "");
  };

  // aria-live is off: the announcer tells each new answer once, with nothing of what opens and closes inside
  return (
    <div class="log" ref={box} role="log" aria-live="off" aria-label={t.log} tabIndex={0}>
      {empty && (
        <div class="welcome">
          <h3>{t.hello}</h3>
          <p>{t.intro}</p>
          {suggested.length > 0 && (
            <>
              <h4 id="hot">{t.hot}</h4>
              <ul aria-labelledby="hot">
                {suggested.slice(0, elder ? 4 : 6).map((question) => (
                  <li key={question}>
                    <button type="button" class="hot" lang="zh-Hans-CN" onClick={() => conversation.say(question)}>
                      {question}
                    </button>
                  </li>
                ))}
              </ul>
            </>
          )}
          {!welcomed && conversation.link === "connecting" && <p class="soft">{t.connecting}</p>}
        </div>
      )}
      <ol lang="zh-Hans-CN">
        {messages.map((message) =>
          message.from === "citizen" ? (
            <li key={message.id ?? message.seq} class="mine">
              <Unseen>{t.you}：</Unseen>
              <Own text={message.text} />
            </li>
          ) : message.from === "system" ? (
            <li key={message.seq} class="system">
              <Unseen>{t.system}：</Unseen>
              {message.text}
              {message.buttons && message.buttons.length > 0 && (
                <div class="offers">
                  {message.buttons.map((choice) => (
                    <button key={choice.payload} type="button" onClick={() => conversation.choose(choice)}>
                      {choice.title}
                    </button>
                  ))}
                </div>
              )}
            </li>
          ) : (
            <Answer key={message.seq} message={message} onReport={() => report(message)} />
          ),
        )}
        {pending.map((item) => (
          <Unsent key={item.id} item={item} />
        ))}
        <Waiting />
      </ol>
      {holding.closed && <p class="closed">{t.closed}</p>}
      {(rating || holding.closed) && <Rating asked={rating} onDone={onRated} />}
    </div>
  );
}

function Own({ text }: { text: string }) {
  const { conversation } = useAround();
  return (
    <>
      {text.split("\n").map((line, at) => (
        <p key={at} dir="auto">
          <Line text={line} only={`${conversation.origin}/chat/files/`} />
        </p>
      ))}
    </>
  );
}

function Unsent({ item }: { item: Pending }) {
  const { t, conversation } = useAround();
  const late = conversation.link !== "open";
  return (
    <li class={`mine pending${item.refused ? " refused" : ""}`}>
      <Unseen>{t.you}：</Unseen>
      <Own text={item.text} />
      {item.refused ? (
        <div class="refusal" role="alert">
          <p>{t.refused(item.refused)}</p>
          <button type="button" onClick={() => conversation.resend(item.id)}>
            {t.again}
          </button>
          <button type="button" onClick={() => conversation.discard(item.id)}>
            {t.discard}
          </button>
        </div>
      ) : (
        <p class="note">{late ? t.unsent : t.sending}</p>
      )}
    </li>
  );
}

const STAGES = [0, 4_000, 12_000];

/** Shows that an answer is being looked for, and says so again when it takes long. */
function Waiting() {
  const { t, conversation } = useAround();
  const { typing, waitingSince } = conversation;
  const [stage, setStage] = useState(0);
  const shown = typing !== null || waitingSince > 0;
  useEffect(() => {
    setStage(0);
    if (!waitingSince) return undefined;
    const timers = STAGES.map((after, at) => setTimeout(() => setStage(at), after));
    return () => timers.forEach(clearTimeout);
  }, [waitingSince]);
  if (!shown) return null;
  return (
    <li class="waiting" lang={t.lang}>
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span>{typing === "operator" ? t.operatorTypes : t.looking[stage]}</span>
    </li>
  );
}
