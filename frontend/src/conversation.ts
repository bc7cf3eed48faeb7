// What is known of one conversation: messages, what still has to be sent, who holds it. Screens only read it and call it.

import { Connection, type Link } from "./connection";
import type { Choice, Holding, Incoming, Message, Outgoing } from "./protocol";
import { store, uuid, type Store } from "./storage";

export interface Pending {
  id: string;
  frame: Extract<Outgoing, { type: "say" | "choose" }>;
  text: string;
  at: number;
  refused: string;
}

export type Vote = "yes" | "no";

const TYPING_EVERY = 300; // ms
const TYPING_LASTS = 12_000;
const STEP_WITHIN = 15_000; // ms that a step of the form waits for the bot
const AT_REST: Holding = { holder: "bot", position: null, operator: null, closed: false };

export class Conversation {
  messages: Message[] = [];
  pending: Pending[] = [];
  holding: Holding = AT_REST;
  place = "";
  suggested: string[] = [];
  suggestions: string[] = [];
  typing: "bot" | "operator" | null = null;
  waitingSince = 0; // when the citizen last said something that nobody has answered yet
  link: Link = "idle";
  welcomed = false; // the history is here
  problem = "";
  votes = new Map<number, Vote>();
  rated = false;
  forgetting = false;
  written = ""; // what stands in the field
  read = 0; // seq up to which the citizen has seen
  news: Message[] = []; // arrived live, to be read to a screen reader once

  private readonly kept: Store;
  private readonly connection: Connection;
  private listeners = new Set<() => void>();
  private token: string | null;
  private draft = ""; // the same, as the server gets it
  private draftSent = "";
  private draftTimer = 0;
  private typingTimer = 0;
  private orders: Outgoing[] = []; // feedback, rating, handoff: sent once connected
  private steps: string[] = []; // of a form that is being sent
  private stepId = "";
  private stepTimer = 0;
  private stepPause = 0;

  constructor(
    readonly origin: string,
    readonly jurisdiction: string,
  ) {
    this.kept = store(`${origin}|${jurisdiction}|`);
    this.token = this.kept.get("token");
    this.rated = this.kept.get("rated") === "1";
    this.read = Number(this.kept.get("read")) || 0;
    this.restoreVotes();
    this.restorePending();
    this.connection = new Connection({
      origin,
      hello: () => ({ type: "hello", token: this.token, jurisdiction, after: this.after }),
      token: () => this.token,
      after: () => this.after,
      receive: (frame) => this.receive(frame),
      changed: (link) => this.linked(link),
    });
  }

  /** Whether a person was being waited for or spoken with when the page was left. */
  get live(): boolean {
    return this.kept.get("live") === "1" && this.token !== null;
  }

  get after(): number {
    return this.messages.length ? this.messages[this.messages.length - 1]!.seq : 0;
  }

  get unread(): number {
    return this.messages.filter((m) => m.seq > this.read && (m.from === "bot" || m.from === "operator")).length;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    this.connection.start();
  }

  retry(): void {
    this.connection.retry();
  }

  // --- what the citizen does ---------------------------------------------------------------------------------------

  say(text: string): string {
    const said = text.trim();
    if (!said) return "";
    const id = uuid();
    this.deliver({ id, frame: { type: "say", id, text: said }, text: said, at: Date.now(), refused: "" });
    return id;
  }

  choose({ title, payload }: Choice): void {
    const id = uuid();
    this.deliver({ id, frame: { type: "choose", id, payload, title }, text: title, at: Date.now(), refused: "" });
  }

  /** Say ``steps`` one after the other, each when the one before was answered; danger ends it. */
  walk(steps: string[]): void {
    this.steps = steps;
    this.nextStep();
  }

  write(text: string): void {
    this.written = text;
    this.draft = text.trim();
    if (!this.draft) {
      this.suggestions = [];
      this.changed();
    }
    if (this.draftTimer) return;
    const send = () => {
      this.draftTimer = 0;
      if (this.draft === this.draftSent) return;
      this.draftSent = this.draft;
      if (this.connection.send({ type: "typing", text: this.draft })) {
        this.draftTimer = window.setTimeout(send, TYPING_EVERY);
      }
    };
    this.draftTimer = window.setTimeout(send, TYPING_EVERY);
  }

  dismissSuggestions(): void {
    if (!this.suggestions.length) return;
    this.suggestions = [];
    this.changed();
  }

  vote(seq: number, vote: Vote, reason = ""): void {
    this.votes.set(seq, vote);
    this.kept.set("votes", JSON.stringify([...this.votes].slice(-200)));
    this.order({ type: "feedback", message: seq, helpful: vote === "yes", reason });
    this.changed();
  }

  rate(score: number, comment: string): void {
    this.rated = true;
    this.kept.set("rated", "1");
    this.order({ type: "rate", score, comment });
    this.changed();
  }

  handoff(): void {
    if (this.holding.holder !== "bot" || this.orders.some(({ type }) => type === "handoff")) return;
    this.order({ type: "handoff" });
  }

  forget(): boolean {
    this.forgetting = this.connection.send({ type: "forget" });
    this.changed();
    return this.forgetting;
  }

  resend(id: string): void {
    const found = this.pending.find((item) => item.id === id);
    if (!found) return;
    this.discard(id);
    const fresh = uuid();
    this.deliver({ ...found, id: fresh, frame: { ...found.frame, id: fresh }, refused: "", at: Date.now() });
  }

  discard(id: string): void {
    this.pending = this.pending.filter((item) => item.id !== id);
    this.kept.set(`out:${id}`, null);
    this.changed();
  }

  /** Note that what is on the screen has been seen. */
  seen(): void {
    if (this.after <= this.read) return;
    this.read = this.after;
    this.kept.set("read", String(this.read));
    this.connection.send({ type: "seen", seq: this.read });
    this.changed();
  }

  complain(problem: string): void {
    this.problem = problem;
    this.changed();
  }

  async upload(file: Blob, name: string): Promise<string> {
    const form = new FormData();
    form.append("file", file, name);
    const headers = { Authorization: `Bearer ${this.token ?? ""}` };
    const response = await fetch(`${this.origin}/chat/files`, { method: "POST", body: form, headers });
    if (!response.ok) throw new Error(String(response.status));
    const { url } = (await response.json()) as { url: string };
    return new URL(url, `${this.origin}/`).href;
  }

  // --- what comes from the server ----------------------------------------------------------------------------------

  private receive(frame: Incoming): void {
    switch (frame.type) {
      case "welcome":
        if (this.token !== frame.token) {
          this.messages = [];
          this.read = 0;
          this.token = frame.token;
          this.kept.set("token", frame.token);
        }
        this.place = frame.place;
        this.suggested = frame.suggested ?? [];
        for (const message of frame.messages ?? []) this.add(message, this.welcomed);
        this.hold(frame.state);
        this.welcomed = true;
        this.problem = "";
        break;
      case "message":
        this.add(frame, true);
        break;
      case "typing":
        this.typing = frame.from;
        clearTimeout(this.typingTimer);
        this.typingTimer = window.setTimeout(() => {
          this.typing = null;
          this.changed();
        }, TYPING_LASTS);
        break;
      case "suggest":
        if (frame.for.trim() === this.draft && this.draft) this.suggestions = frame.questions ?? [];
        break;
      case "state":
        this.hold(frame);
        break;
      case "error": {
        const refused = frame.id && this.pending.find(({ id }) => id === frame.id);
        if (refused) {
          this.pending = this.pending.map((item) => (item === refused ? { ...item, refused: frame.text } : item));
          this.kept.set(`out:${refused.id}`, null);
          this.stopWaiting();
          this.steps = [];
        } else {
          this.problem = frame.text;
        }
        break;
      }
      case "forgotten":
        this.wipe();
        return;
      case "pong":
        return;
    }
    this.changed();
  }

  private add(message: Message, live: boolean): void {
    if (message.id && this.pending.some(({ id }) => id === message.id)) {
      this.pending = this.pending.filter(({ id }) => id !== message.id);
      this.kept.set(`out:${message.id}`, null);
    }
    if (this.messages.some(({ seq }) => seq === message.seq)) return;
    this.messages = [...this.messages, message].sort((a, b) => a.seq - b.seq);
    if (message.from === "citizen") return;
    if (live) this.news = [...this.news, message].slice(-10);
    if (message.from !== "system") {
      this.typing = null;
      this.stopWaiting();
      this.stepAnswered(message);
    }
  }

  private hold(state: Holding): void {
    if (state.holder !== this.holding.holder) this.stopWaiting();
    if (!state.closed) {
      this.rated = false; // what goes on can be rated anew
      this.kept.set("rated", null);
    }
    this.holding = { holder: state.holder, position: state.position, operator: state.operator, closed: state.closed };
    this.kept.set("live", state.holder === "bot" ? null : "1");
  }

  private linked(link: Link): void {
    this.link = link;
    if (link === "open") {
      for (const { frame, refused } of this.pending) if (!refused) this.connection.send(frame);
      const orders = this.orders;
      this.orders = [];
      for (const frame of orders) {
        if (frame.type !== "handoff" || this.holding.holder === "bot") this.connection.send(frame);
      }
      if (this.pending.length && this.holding.holder === "bot") this.waitingSince = Date.now();
      if (this.draft) this.connection.send({ type: "typing", text: this.draft });
    } else {
      this.typing = null;
      this.forgetting = false;
      this.stopWaiting();
    }
    this.changed();
  }

  private wipe(): void {
    for (const name of this.kept.names("")) this.kept.set(name, null);
    this.messages = [];
    this.pending = [];
    this.orders = [];
    this.steps = [];
    this.news = [];
    this.votes = new Map();
    this.holding = AT_REST;
    this.token = null;
    this.read = 0;
    this.rated = false;
    this.forgetting = false;
    this.typing = null;
    this.suggestions = [];
    this.stopWaiting();
    this.changed();
    this.connection.restart();
  }

  // --- within ------------------------------------------------------------------------------------------------------

  private deliver(item: Pending): void {
    this.pending = [...this.pending, item];
    this.kept.set(`out:${item.id}`, JSON.stringify(item));
    this.written = this.draft = this.draftSent = "";
    this.suggestions = [];
    this.problem = "";
    if (this.connection.send(item.frame) && this.holding.holder === "bot") this.waitingSince = Date.now();
    this.changed();
  }

  private order(frame: Outgoing): void {
    if (!this.connection.send(frame)) this.orders.push(frame);
  }

  private stopWaiting(): void {
    this.waitingSince = 0;
  }

  private nextStep(): void {
    clearTimeout(this.stepTimer);
    const text = this.steps.shift();
    if (text === undefined) {
      this.stepId = "";
      return;
    }
    this.stepId = this.say(text);
    this.patiently();
  }

  /** Go on also where the bot says nothing, but never before the step has arrived. */
  private patiently(): void {
    this.stepTimer = window.setTimeout(() => {
      if (this.pending.some(({ id }) => id === this.stepId)) this.patiently();
      else this.nextStep();
    }, STEP_WITHIN);
  }

  private stepAnswered(message: Message): void {
    if (!this.stepId || this.pending.some(({ id }) => id === this.stepId)) return;
    if (message.from === "operator" || message.custom?.kind === "emergency") this.steps = [];
    clearTimeout(this.stepPause);
    this.stepPause = window.setTimeout(() => this.nextStep(), 50); // after all parts of the answer
  }

  private restoreVotes(): void {
    try {
      this.votes = new Map(JSON.parse(this.kept.get("votes") ?? "[]") as [number, Vote][]);
    } catch {
      this.votes = new Map();
    }
  }

  private restorePending(): void {
    for (const name of this.kept.names("out:")) {
      try {
        this.pending.push(JSON.parse(this.kept.get(name) ?? "") as Pending);
      } catch {
        this.kept.set(name, null);
      }
    }
    this.pending.sort((a, b) => a.at - b.at);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
