import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { KINDS, prepare, TooLarge, WrongKind, type Photo } from "../photos";
import { Icon } from "./icons";
import { useAround } from "./context";

const MOST_PHOTOS = 3;
const PHONE = /^(?:(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8}|[2-9]\d{6,7})$/; // what the server understands

interface Values {
  what: string;
  where: string;
  when: string;
  phone: string;
  confidential: boolean;
}

const flat = (text: string) => text.replace(/\s*\n\s*/g, "，").trim();

/** A work order as a form. It is said step by step, as a citizen would, so that the summary is read and confirmed there. */
export function OrderForm({ about, onDone }: { about: string; onDone(): void }) {
  const { t, conversation } = useAround();
  const [values, setValues] = useState<Values>({ what: about, where: "", when: "", phone: "", confidential: false });
  const [photos, setPhotos] = useState<Photo[]>([]);
  const [faults, setFaults] = useState<Partial<Record<keyof Values | "photos", string>>>({});
  const [sending, setSending] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  useLayoutEffect(() => heading.current?.focus(), []);
  const set = (name: keyof Values, value: string | boolean) => {
    setValues((old) => ({ ...old, [name]: value }));
    setFaults((old) => ({ ...old, [name]: undefined }));
  };

  const pick = async (files: FileList | null) => {
    let fault = "";
    const fresh: Photo[] = [];
    for (const file of Array.from(files ?? []).slice(0, MOST_PHOTOS - photos.length)) {
      try {
        fresh.push(await prepare(file));
      } catch (error) {
        fault = error instanceof TooLarge ? t.photoSize : error instanceof WrongKind ? t.photoKind : t.photoFailed;
      }
    }
    setPhotos((old) => [...old, ...fresh].slice(0, MOST_PHOTOS));
    setFaults((old) => ({ ...old, photos: fault || undefined }));
    if (picker.current) picker.current.value = "";
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    if (sending) return;
    const phone = values.phone.trim();
    const found: typeof faults = {};
    if (flat(values.what).length < 4) found.what = t.needWhat;
    if (!values.where.trim()) found.where = t.needWhere;
    if (phone && !PHONE.test(phone)) found.phone = t.badPhone;
    setFaults(found);
    const [first] = Object.keys(found);
    if (first) {
      form.current?.querySelector<HTMLElement>(`#order-${first}`)?.focus();
      return;
    }
    let links: string[] = [];
    if (photos.length) {
      if (conversation.link !== "open") {
        setFaults({ photos: t.photoOffline });
        return;
      }
      setSending(true);
      try {
        links = await Promise.all(photos.map(({ blob, name }) => conversation.upload(blob, name)));
      } catch {
        setFaults({ photos: t.photoFailed });
        return;
      } finally {
        setSending(false);
      }
    }
    const words = t.orderWords;
    const what = flat(values.what);
    const own = conversation.messages.filter(({ from }) => from === "citizen");
    const said = own[own.length - 1]?.text === values.what;
    const contact = [phone.replace(/^\+?86[- ]?(?=1)/, "") || words.none, values.confidential && words.secret];
    conversation.walk([
      ...(said ? [] : [what]),
      words.begin,
      words.where + flat(values.where),
      words.when + (flat(values.when) || words.unknown),
      contact.filter(Boolean).join("，"),
      ...links,
    ]);
    onDone();
  };

  const fault = (name: keyof typeof faults) =>
    faults[name] && (
      <p class="fault" id={`fault-${name}`} role="alert">
        {faults[name]}
      </p>
    );
  const described = (name: keyof typeof faults) => `${faults[name] ? `fault-${name} ` : ""}hint-${name}`;

  return (
    <form class="view order" ref={form} noValidate onSubmit={submit} aria-labelledby="order-title">
      <div class="top">
        <button type="button" class="back" onClick={onDone}>
          <Icon name="back" />
          {t.back}
        </button>
        <h3 id="order-title" ref={heading} tabIndex={-1}>
          {t.orderTitle}
        </h3>
      </div>
      <p class="soft">{t.orderIntro}</p>

      <label for="order-what">{t.what}</label>
      <textarea
        id="order-what"
        rows={3}
        maxLength={1000}
        required
        value={values.what}
        aria-invalid={Boolean(faults.what)}
        aria-describedby={described("what")}
        onInput={(event) => set("what", event.currentTarget.value)}
      />
      <p class="soft" id="hint-what">
        {t.whatHint}
      </p>
      {fault("what")}

      <label for="order-where">{t.where}</label>
      <input
        id="order-where"
        type="text"
        maxLength={120}
        required
        autocomplete="street-address"
        value={values.where}
        aria-invalid={Boolean(faults.where)}
        aria-describedby={described("where")}
        onInput={(event) => set("where", event.currentTarget.value)}
      />
      <p class="soft" id="hint-where">
        {t.whereHint}
      </p>
      {fault("where")}

      <label for="order-when">{t.when}</label>
      <input
        id="order-when"
        type="text"
        maxLength={60}
        value={values.when}
        aria-describedby={described("when")}
        onInput={(event) => set("when", event.currentTarget.value)}
      />
      <p class="soft" id="hint-when">
        {t.whenHint}
      </p>

      <label for="order-phone">{t.phone}</label>
      <input
        id="order-phone"
        type="tel"
        maxLength={20}
        autocomplete="tel"
        value={values.phone}
        aria-invalid={Boolean(faults.phone)}
        aria-describedby={described("phone")}
        onInput={(event) => set("phone", event.currentTarget.value)}
      />
      <p class="soft" id="hint-phone">
        {t.phoneHint}
      </p>
      {fault("phone")}

      <label class="check">
        <input
          type="checkbox"
          checked={values.confidential}
          onChange={(event) => set("confidential", event.currentTarget.checked)}
        />
        {t.confidential}
      </label>

      <p id="hint-photos" class="caption">
        {t.photos}
      </p>
      <ul class="photos">
        {photos.map((photo, at) => (
          <li key={at}>
            <Preview photo={photo} />
            <span>{photo.name}</span>
            <button
              type="button"
              aria-label={t.removePhoto(photo.name)}
              onClick={() => {
                setPhotos(photos.filter((other) => other !== photo));
                setTimeout(() => form.current?.querySelector<HTMLElement>(".add")?.focus());
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <input
        id="order-photos"
        class="unseen"
        ref={picker}
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t.addPhoto}
        accept={KINDS.join(",")}
        onChange={(event) => void pick(event.currentTarget.files)}
      />
      {photos.length < MOST_PHOTOS && (
        <button type="button" class="add" aria-describedby={described("photos")} onClick={() => picker.current?.click()}>
          <Icon name="photo" />
          {t.addPhoto}
        </button>
      )}
      {fault("photos")}

      <div class="buttons">
        <button type="submit" class="primary" aria-disabled={sending}>
          {sending ? t.uploading : t.orderSend}
        </button>
        <button type="button" onClick={onDone}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}

/** Drawn on a canvas: a page's policy may forbid the image addresses that a preview would need. */
function Preview({ photo }: { photo: Photo }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const { preview } = photo;
    const to = canvas.current;
    if (!preview || !to) return;
    const side = Math.min(preview.width, preview.height);
    const [x, y] = [(preview.width - side) / 2, (preview.height - side) / 2];
    to.getContext("2d")?.drawImage(preview, x, y, side, side, 0, 0, to.width, to.height);
  }, [photo]);
  return photo.preview ? <canvas ref={canvas} width={96} height={96} aria-hidden="true" /> : <Icon name="photo" big />;
}
