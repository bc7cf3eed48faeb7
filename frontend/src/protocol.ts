// Protocol v1, as docs/widget.md writes it down.

export type Status = "in_force" | "not_yet_in_force" | "expired" | "repealed" | "unknown";

export interface Citation {
  document_number: string | null;
  title: string;
  provision: string | null;
  issued_on: string | null;
  effective_from: string | null;
  effective_until: string | null;
  status: Status;
  quote: string | null;
}

export interface Custom {
  kind: string;
  citations?: Citation[] | null;
  confidence?: number | null;
  entry?: string | null;
  ledger?: string | null;
}

export interface Choice {
  title: string;
  payload: string;
}

export interface Message {
  seq: number;
  id: string | null;
  from: "citizen" | "bot" | "operator" | "system";
  name: string | null;
  text: string;
  custom: Custom | null;
  buttons: Choice[];
  at: string;
}

export interface Holding {
  holder: "bot" | "queue" | "operator";
  position: number | null;
  operator: string | null;
  closed: boolean;
}

export type Outgoing =
  | { type: "hello"; token: string | null; jurisdiction: string; after: number }
  | { type: "say"; id: string; text: string }
  | { type: "choose"; id: string; payload: string; title: string }
  | { type: "typing"; text: string }
  | { type: "feedback"; message: number; helpful: boolean; reason: string }
  | { type: "rate"; score: number; comment: string }
  | { type: "handoff" }
  | { type: "seen"; seq: number }
  | { type: "forget" }
  | { type: "ping" };

export type Incoming =
  | ({ type: "welcome"; token: string; place: string; suggested: string[]; messages: Message[]; state: Holding })
  | ({ type: "message" } & Message)
  | { type: "typing"; from: "bot" | "operator" }
  | { type: "suggest"; for: string; questions: string[] }
  | ({ type: "state" } & Holding)
  | { type: "error"; text: string; id: string | null }
  | { type: "forgotten" }
  | { type: "pong" };
