import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAround } from "./context";

/** Asks before everything is deleted. The safe answer has the focus. */
export function Forget({ onDone }: { onDone(): void }) {
  const { t, conversation } = useAround();
  const [refused, setRefused] = useState(false);
  const [begun, setBegun] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);

  useLayoutEffect(() => keep.current?.focus(), []);
  useLayoutEffect(() => {
    if (begun && !conversation.forgetting && !refused) {
      if (conversation.messages.length) setRefused(true); // the connection was lost on the way
      else onDone();
      setBegun(false);
    }
  }, [begun, conversation.forgetting]);

  const erase = () => {
    const sent = conversation.forget();
    setRefused(!sent);
    setBegun(sent);
  };
  return (
    <div class="view" role="alertdialog" aria-labelledby="forget-title" aria-describedby="forget-text">
      <h3 id="forget-title">{t.deleteTitle}</h3>
      <p id="forget-text">{t.deleteText}</p>
      {refused && (
        <p class="fault" role="alert">
          {t.deleteOffline}
        </p>
      )}
      <div class="buttons">
        <button type="button" ref={keep} onClick={onDone}>
          {t.cancel}
        </button>
        <button type="button" class="danger" aria-disabled={begun} onClick={erase}>
          {t.deleteYes}
        </button>
      </div>
    </div>
  );
}
