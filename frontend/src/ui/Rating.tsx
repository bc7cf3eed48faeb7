import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAround } from "./context";

const LONGEST = 500;
const SCORES = [5, 4, 3, 2, 1] as const;

/** The five grades of 好差评, and a comment. */
export function Rating({ asked, onDone }: { asked: boolean; onDone(): void }) {
  const { t, conversation } = useAround();
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const [missing, setMissing] = useState(false);
  const [done, setDone] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const said = useRef<HTMLParagraphElement>(null);

  useLayoutEffect(() => {
    if (asked) form.current?.querySelector("input")?.focus();
  }, [asked]);
  useLayoutEffect(() => {
    if (done) said.current?.focus();
  }, [done]);

  if (done || (conversation.rated && !asked)) {
    return (
      <p class="rating thanks" ref={said} tabIndex={-1} role="status" onBlur={onDone}>
        {t.rated}
      </p>
    );
  }
  const submit = (event: Event) => {
    event.preventDefault();
    setMissing(!score);
    if (!score) {
      form.current?.querySelector("input")?.focus();
      return;
    }
    setDone(true);
    conversation.rate(score, comment.trim());
  };
  return (
    <form class="rating" ref={form} onSubmit={submit}>
      <fieldset>
        <legend>{t.rateTitle}</legend>
        {SCORES.map((value) => (
          <label key={value}>
            <input
              type="radio"
              name="score"
              value={value}
              checked={score === value}
              aria-describedby={missing ? "rate-missing" : undefined}
              onChange={() => {
                setScore(value);
                setMissing(false);
              }}
            />
            <span class="stars" aria-hidden="true">
              {"★".repeat(value)}
              <i>{"★".repeat(5 - value)}</i>
            </span>
            {t.grades[value - 1]}
          </label>
        ))}
      </fieldset>
      {missing && (
        <p class="fault" id="rate-missing" role="alert">
          {t.pickGrade}
        </p>
      )}
      <label class="more">
        {t.comment}
        <textarea
          rows={2}
          maxLength={LONGEST}
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          {t.submit}
        </button>
        {asked && (
          <button type="button" onClick={onDone}>
            {t.cancel}
          </button>
        )}
      </div>
    </form>
  );
}
