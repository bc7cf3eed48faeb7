import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { useAround } from "./context";

const LONGEST = 200;

/** Helpful or not; if not, why. */
export function Feedback({ seq }: { seq: number }) {
  const { t, conversation } = useAround();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [more, setMore] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const thanks = useRef<HTMLParagraphElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const given = useRef(false);
  const vote = conversation.votes.get(seq);

  useLayoutEffect(() => {
    if (asking) {
      form.current?.querySelector("input")?.focus({ preventScroll: true });
      form.current?.scrollIntoView({ block: "nearest" });
    }
  }, [asking]);
  useLayoutEffect(() => {
    if (vote && given.current) thanks.current?.focus({ preventScroll: true });
  }, [vote]);

  if (vote) {
    return (
      <p class="thanks" ref={thanks} tabIndex={-1} role="status">
        <Icon name="check" />
        {vote === "yes" ? t.thanks : t.sorry}
      </p>
    );
  }
  const helpful = () => {
    given.current = true;
    conversation.vote(seq, "yes");
  };
  const submit = (event: Event) => {
    event.preventDefault();
    given.current = true;
    conversation.vote(seq, "no", [reason, more.trim()].filter(Boolean).join("："));
  };
  const leave = () => {
    setAsking(false);
    toggle.current?.focus();
  };
  const name = `why-${seq}`;
  return (
    <>
      <div class="votes" role="group" aria-label={t.wasHelpful}>
        <button type="button" onClick={helpful}>
          <Icon name="up" />
          {t.helpful}
        </button>
        <button
          type="button"
          ref={toggle}
          aria-expanded={asking}
          aria-controls={asking ? name : undefined}
          onClick={() => setAsking(!asking)}
        >
          <Icon name="down" />
          {t.unhelpful}
        </button>
      </div>
      {asking && (
        <form
          id={name}
          class="why"
          ref={form}
          onSubmit={submit}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || event.isComposing) return;
            event.preventDefault();
            leave();
          }}
        >
          <fieldset>
            <legend>{t.why}</legend>
            {t.reasons.map((why, at) => (
              <label key={at}>
                <input type="radio" name={name} checked={reason === REASONS[at]} onChange={() => setReason(REASONS[at]!)} />
                {why}
              </label>
            ))}
          </fieldset>
          <label class="more">
            {t.reasonMore}
            <input type="text" maxLength={LONGEST} value={more} onInput={(event) => setMore(event.currentTarget.value)} />
          </label>
          <div class="buttons">
            <button type="submit" class="primary">
              {t.submit}
            </button>
            <button type="button" onClick={leave}>
              {t.cancel}
            </button>
          </div>
        </form>
      )}
    </>
  );
}

const REASONS = ["答非所问", "看不懂", "不完整", "过时了"]; // as the server counts them, whatever the screen says
