import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icons";
import { useAround } from "./context";

const LONGEST = 2000;
const WARN_AT = 1800;

export function Composer({ field }: { field: RefObject<HTMLTextAreaElement | null> }) {
  const { t, conversation, elder } = useAround();
  const [text, setText] = useState(conversation.written); // outlives the closing of the panel
  const [active, setActive] = useState(-1);
  const suggestions = conversation.suggestions.slice(0, elder ? 3 : 5);
  const shown = suggestions.length > 0 && text.trim() !== "";
  const at = shown ? Math.min(active, suggestions.length - 1) : -1;

  const write = (value: string) => {
    setText(value);
    setActive(-1);
    conversation.write(value);
  };
  const send = (said: string) => {
    if (!said.trim()) return;
    setText("");
    setActive(-1);
    conversation.say(said);
    field.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) return; // an input method takes this key for itself
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send(at >= 0 ? suggestions[at]! : text);
    } else if (shown && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const places = suggestions.length + 1; // one of them is the field itself
      setActive(((at + 1 + (event.key === "ArrowDown" ? 1 : places - 1)) % places) - 1);
    } else if (shown && event.key === "Escape") {
      event.preventDefault();
      conversation.dismissSuggestions();
    }
  };

  const room = LONGEST - text.length;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send(text);
      }}
    >
      <div id="suggestions" class="suggestions" role="listbox" aria-label={t.suggestions} hidden={!shown} lang="zh-Hans-CN">
        {shown &&
          suggestions.map((question, index) => (
            <div
              key={question}
              id={`suggestion-${index}`}
              role="option"
              aria-selected={index === at}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => send(question)}
            >
              {question}
            </div>
          ))}
      </div>
      <p class="unseen" role="status">
        {shown ? t.suggested(suggestions.length) : ""}
      </p>
      <label class="unseen" for="message">
        {t.label}
      </label>
      <div class="line">
        <div class="grow" data-text={`${text} `}>
          <textarea
            id="message"
            ref={field}
            rows={1}
            maxLength={LONGEST}
            value={text}
            placeholder={t.ask}
            autocomplete="off"
            enterkeyhint="send"
            aria-describedby="hint"
            aria-autocomplete="list"
            aria-controls="suggestions"
            aria-activedescendant={at >= 0 ? `suggestion-${at}` : undefined}
            onInput={(event) => write(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
        </div>
        <button type="submit" class="send" aria-disabled={!text.trim()}>
          <Icon name="send" />
          {t.send}
        </button>
      </div>
      <p id="hint" class="hint">
        {room <= LONGEST - WARN_AT ? (
          <span role="status">{room ? t.left(room) : t.full(LONGEST)}</span>
        ) : (
          <>
            <span class="keys">{t.hint}</span>
            {t.privacy}
          </>
        )}
      </p>
    </form>
  );
}
