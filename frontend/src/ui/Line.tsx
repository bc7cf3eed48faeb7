import { pieces } from "../text";
import { Icon } from "./icons";
import { useAround } from "./context";

/** A line of text with what can be called or opened as links; with `only`, just the links that begin so. */
export function Line({ text, only = "" }: { text: string; only?: string }) {
  const { t, conversation } = useAround();
  return (
    <>
      {pieces(text, conversation.origin).map((piece, at) => {
        if (typeof piece === "string") return piece;
        if (!piece.href.startsWith(only)) return piece.text;
        if (piece.photo) {
          return (
            <span key={at} class="photo" lang={t.lang}>
              <Icon name="photo" />
              {t.photo}
            </span>
          );
        }
        return piece.href.startsWith("tel:") ? (
          <a key={at} class="tel" href={piece.href} aria-label={`${t.tel} ${piece.text}`}>
            {piece.text}
          </a>
        ) : (
          <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        );
      })}
    </>
  );
}
