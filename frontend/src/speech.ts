// Reads an answer aloud, with a voice of the device's own; nothing leaves it.

let speaking = "";
let told: (key: string) => void = () => undefined;

export const canSpeak = (): boolean => "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;

/** Tell `listener` the key of what is being read, empty when nothing is. */
export function onSpeaking(listener: (key: string) => void): void {
  told = listener;
}

function become(key: string): void {
  speaking = key;
  told(key);
}

/** Read `text` under `key`; a second time for the same key stops. */
export function speak(key: string, text: string): void {
  if (!canSpeak()) return;
  const stops = speaking === key;
  hush();
  if (stops) return;
  const spoken = new SpeechSynthesisUtterance(text);
  spoken.lang = "zh-CN";
  spoken.rate = 0.9;
  const voice = speechSynthesis.getVoices().find(({ lang, localService }) => localService && /^zh[-_](CN|Hans)/i.test(lang));
  if (voice) spoken.voice = voice;
  spoken.onend = spoken.onerror = () => speaking === key && become("");
  speechSynthesis.speak(spoken);
  become(key);
}

export function hush(): void {
  if (canSpeak() && speaking) speechSynthesis.cancel();
  become("");
}
