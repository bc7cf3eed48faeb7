import { useMemo } from "preact/hooks";
import type { Message, Status } from "../protocol";
import { canSpeak, speak } from "../speech";
import { documentsOf, emergencyNumbers, partsOf, plainSources, spoken, type Document, type Offer } from "../text";
import { Feedback } from "./Feedback";
import { Icon, Unseen } from "./icons";
import { Line } from "./Line";
import { useAround } from "./context";

/** Whether what the text says about validity must be seen without opening the sources. */
const cautioned = (status: Status): boolean => status !== "in_force" && status !== "unknown";

const JUDGED = ["answer", "scope", "route", "clarify", "unsupported"]; // kinds that can help or not
const FILING = "登记工单"; // the server's button that begins a work order

export function Answer({ message, onReport }: { message: Message; onReport(): void }) {
  const { t, conversation, speaking } = useAround();
  const parts = useMemo(() => partsOf(message), [message]);
  const kind = message.custom?.kind ?? "";
  const emergency = kind === "emergency";
  const citations = message.custom?.citations ?? [];
  const documents = documentsOf(citations, parts.sources);
  const others = plainSources(citations, parts.sources);
  const who = message.from === "operator" ? message.name || t.operator : t.bot;
  const key = String(message.seq);
  const classes = ["answer", message.from, emergency && "emergency"].filter(Boolean).join(" ");
  return (
    <li class={classes}>
      {message.from === "operator" ? <p class="who">{who}</p> : <Unseen>{t.answered}：</Unseen>}
      {emergency && (
        <div class="alarm" lang={t.lang}>
          <p class="headline">
            <Icon name="warn" />
            {t.emergency}
          </p>
          <p class="calls">
            {emergencyNumbers(message.text).map((number) => (
              <a key={number} class="call" href={`tel:${number}`} aria-label={`${t.call(number)} ${t.callNames[number]}`}>
                <Icon name="phone" />
                <b>{number}</b> {t.callNames[number]}
              </a>
            ))}
          </p>
        </div>
      )}
      <div class="words">
        {parts.lines.map((line, at) => (
          <p key={at} dir="auto">
            <Line text={line} />
          </p>
        ))}
      </div>
      <Offers offers={parts.offers} onReport={onReport} />
      {parts.after.map((line, at) => (
        <p key={at} dir="auto">
          <Line text={line} />
        </p>
      ))}
      {documents.map(
        ({ title, note, citations: [first] }) =>
          note && cautioned(first!.status) && (
            <p key={title} class="caution">
              <Icon name="warn" />
              <span>{note}</span>
            </p>
          ),
      )}
      {documents.length > 0 && <Sources documents={documents} />}
      {others.length > 0 && (
        <details class="sources">
          <summary>
            <span>{t.source}</span>
          </summary>
          {others.map((line, at) => (
            <p key={at} dir="auto">
              {line}
            </p>
          ))}
        </details>
      )}
      {(kind === "unsupported" || kind === "handoff") && conversation.holding.holder === "bot" && (
        <p class="calls" lang={t.lang}>
          <a class="call" href="tel:12345">
            <Icon name="phone" />
            {t.call("12345")}
          </a>
          <button type="button" onClick={() => conversation.handoff()}>
            <Icon name="person" />
            {t.person}
          </button>
        </p>
      )}
      <div class="foot" lang={t.lang}>
        <time dateTime={message.at}>{clock(message.at)}</time>
        {canSpeak() && (
          <button type="button" class="listen" aria-pressed={speaking === key} onClick={() => speak(key, spoken(message))}>
            <Icon name="speaker" />
            {speaking === key ? t.stop : t.listen}
          </button>
        )}
        {message.from === "bot" && JUDGED.includes(kind) && <Feedback seq={message.seq} />}
      </div>
    </li>
  );
}

function clock(iso: string): string {
  const at = new Date(iso);
  if (isNaN(at.getTime())) return "";
  const time = `${at.getHours()}:${String(at.getMinutes()).padStart(2, "0")}`;
  const today = at.toDateString() === new Date().toDateString();
  return today ? time : `${at.getMonth() + 1}月${at.getDate()}日 ${time}`;
}

function Offers({ offers, onReport }: { offers: Offer[]; onReport(): void }) {
  const { conversation } = useAround();
  if (!offers.length) return null;
  const numbered = offers.some(({ preview }) => preview.length);
  return (
    <ul class={numbered ? "offers long" : "offers"}>
      {offers.map(({ choice, title, preview }, at) => (
        <li key={at}>
          <button
            type="button"
            onClick={() => (choice.payload === FILING ? onReport() : conversation.choose({ ...choice, title: choice.title }))}
          >
            {title}
          </button>
          {preview.map((line) => (
            <p key={line} dir="auto">
              {line}
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** One fold for all sources; what matters of them, whether they still apply, is seen without opening it. */
function Sources({ documents }: { documents: Document[] }) {
  const { t } = useAround();
  const states = [...new Set(documents.map(({ citations: [first] }) => first!.status))];
  return (
    <details class="sources">
      <summary>
        <span lang={t.lang}>{documents.length > 1 ? t.sources(documents.length) : t.source}</span>
        {states.map((status) => (
          <span key={status} class={`badge ${status}`} lang={t.lang}>
            {t.status[status] ?? t.status.unknown}
          </span>
        ))}
      </summary>
      <ul>
        {documents.map(({ title, citations, note }) => {
          const first = citations[0]!;
          const provisions = [...new Set(citations.map(({ provision }) => provision).filter(Boolean))].join("、");
          const dates = [
            first.effective_from && t.effective(t.date(first.effective_from)),
            first.effective_until && t.until(t.date(first.effective_until)),
          ].filter(Boolean);
          return (
            <li key={title}>
              <p class="document">《{title}》</p>
              <p class="meta">
                {[first.document_number, provisions].filter(Boolean).join("　")}
                {states.length > 1 && (
                  <span class={`badge ${first.status}`} lang={t.lang}>
                    {t.status[first.status] ?? t.status.unknown}
                  </span>
                )}
              </p>
              {dates.length > 0 && (
                <p class="meta" lang={t.lang}>
                  {dates.join("，")}
                </p>
              )}
              {note && !cautioned(first.status) && <p class="meta">{note}</p>}
              {citations.map(
                ({ quote, provision }, at) =>
                  quote && (
                    <figure key={at}>
                      <figcaption>{t.quote(provision ?? "")}</figcaption>
                      <blockquote dir="auto">{quote}</blockquote>
                    </figure>
                  ),
              )}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
