import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Conversation } from "../conversation";
import type { Strings } from "../strings";

export interface Surroundings {
  t: Strings;
  conversation: Conversation;
  elder: boolean;
  speaking: string; // seq of the message that is being read aloud
}

export const Around = createContext<Surroundings>(null as unknown as Surroundings);
export const useAround = (): Surroundings => useContext(Around);
