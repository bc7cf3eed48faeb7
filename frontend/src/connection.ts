// Carries frames: a WebSocket, else POST and long poll. Comes back by itself, ever more slowly, with some randomness.

import type { Incoming, Outgoing } from "./protocol";

export type Link = "idle" | "connecting" | "open" | "lost";

interface Needs {
  origin: string;
  hello(): Outgoing;
  token(): string | null;
  after(): number;
  receive(frame: Incoming): void;
  changed(link: Link): void;
}

const WELCOME_WITHIN = 10_000; // ms
const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
const POLL_PATIENCE = 40_000; // the server answers a long poll after 25 s
const SOCKET_TRIES = 2; // connections in a row without a welcome, after which polling is tried

export class Connection {
  link: Link = "idle";
  private socket: WebSocket | null = null;
  private round = 0; // whatever belongs to an earlier round is ignored
  private failures = 0; // since the last welcome
  private socketFailures = 0;
  private polling = false;
  private timers = new Set<number>();
  private posts: Promise<unknown> = Promise.resolve();

  constructor(private readonly needs: Needs) {
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.link !== "idle" && this.lose(this.round, false));
    document.addEventListener("visibilitychange", () => !document.hidden && this.link === "lost" && this.retry());
  }

  start(): void {
    if (this.link === "idle") this.connect();
  }

  /** Connect now instead of waiting on. */
  retry(): void {
    if (this.link === "lost") this.connect();
  }

  /** Say hello anew, as after the token was forgotten. */
  restart(): void {
    this.failures = 0;
    this.connect();
  }

  /** Send where connected; whoever needs it delivered keeps it until it comes back. */
  send(frame: Outgoing): boolean {
    if (this.link !== "open") return false;
    if (this.polling) {
      const round = this.round;
      this.posts = this.posts.then(() => (round === this.round ? this.post(frame, round) : undefined));
    } else {
      this.socket?.send(JSON.stringify(frame));
    }
    return true;
  }

  private connect(): void {
    const round = this.fresh();
    this.become("connecting");
    this.polling = this.socketFailures >= SOCKET_TRIES;
    if (this.polling) {
      void this.poll(round);
      return;
    }
    try {
      const socket = new WebSocket(`${this.needs.origin.replace(/^http/, "ws")}/chat/socket`);
      this.socket = socket;
      socket.onopen = () => round === this.round && socket.send(JSON.stringify(this.needs.hello()));
      socket.onmessage = (event) => round === this.round && this.take(String(event.data));
      socket.onclose = () => this.lose(round);
      this.later(WELCOME_WITHIN, () => this.link !== "open" && this.lose(round));
    } catch {
      this.lose(round); // the page's policy allows no socket
    }
  }

  private async poll(round: number): Promise<void> {
    await this.post(this.needs.hello(), round);
    while (round === this.round && this.link === "open") {
      const frames = await this.request(`?after=${this.needs.after()}`, {}, round);
      if (frames && round === this.round) frames.forEach((frame) => this.handle(frame));
    }
    if (round === this.round && this.link !== "lost") this.lose(round);
  }

  private async post(frame: Outgoing, round: number): Promise<void> {
    const sent = { method: "POST", body: JSON.stringify(frame), headers: { "Content-Type": "application/json" } };
    const frames = await this.request("", sent, round);
    if (frames && round === this.round) frames.forEach((answer) => this.handle(answer));
  }

  private async request(query: string, init: RequestInit, round: number): Promise<Incoming[] | null> {
    const token = this.needs.token();
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), POLL_PATIENCE);
    try {
      const response = await fetch(`${this.needs.origin}/chat/frames${query}`, {
        ...init,
        headers: { ...(init.headers as object), ...(token ? { Authorization: `Bearer ${token}` } : {}) },
        signal: given.signal,
        cache: "no-store",
      });
      if (!response.ok) throw new Error(String(response.status));
      if (response.status === 204) return [];
      const content = await response.json();
      return Array.isArray(content) ? content : (content?.frames ?? (content?.type ? [content] : []));
    } catch {
      this.lose(round);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  private take(data: string): void {
    try {
      this.handle(JSON.parse(data) as Incoming);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  private handle(frame: Incoming): void {
    if (frame.type === "welcome") {
      this.failures = 0;
      if (!this.polling) {
        this.socketFailures = 0;
        this.beat(this.round);
      }
      this.link = "open"; // what the welcome brings is taken in before anything is sent
      this.needs.receive(frame);
      this.needs.changed("open");
    } else {
      this.alive();
      this.needs.receive(frame);
    }
  }

  private waiting = 0; // timer of the pong

  private alive(): void {
    clearTimeout(this.waiting);
    this.waiting = 0;
  }

  private beat(round: number): void {
    this.later(PING_EVERY, () => {
      this.send({ type: "ping" });
      this.alive();
      this.waiting = this.later(PONG_WITHIN, () => this.lose(round));
      this.beat(round);
    });
  }

  private lose(round: number, again = true): void {
    if (round !== this.round) return;
    if (this.link === "connecting" && !this.polling && navigator.onLine) this.socketFailures++;
    else if (this.polling) this.socketFailures = SOCKET_TRIES - 1; // next time one try by socket, then polling
    this.fresh();
    this.become("lost");
    if (!again) return;
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.failures++);
    this.later(delay * (0.5 + Math.random() / 2), () => this.retry());
  }

  private fresh(): number {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    const old = this.socket;
    this.socket = null;
    this.round++;
    if (old) old.onopen = old.onmessage = old.onclose = null;
    old?.close();
    return this.round;
  }

  private later(delay: number, act: () => void): number {
    const timer = window.setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, delay);
    this.timers.add(timer);
    return timer;
  }

  private become(link: Link): void {
    this.link = link;
    this.needs.changed(link);
  }
}
