import { limits } from "./limits.ts";
import type { ColorName } from "./model/schema.ts";
import type { User } from "./presence/presence.ts";
import { recall, remember } from "./remembered.ts";

const KEY = "whiteboard.user";
const MOODS = ["Calm", "Bright", "Swift", "Curious", "Gentle", "Witty", "Sunny", "Bold"] as const;
const ANIMALS = ["Otter", "Heron", "Fox", "Panda", "Lynx", "Robin", "Koala", "Dolphin"] as const;
const PERSON_COLORS = ["blue", "green", "orange", "red", "violet", "yellow"] as const satisfies readonly ColorName[];

/** Made up once: a stranger keeps the name as long as the page lives. */
let stranger: string | null = null;

export interface Identity {
  readonly user: User;
  /** The name was given by the person, not made up. */
  readonly chosen: boolean;
}

/** The person as this browser remembers them, or a friendly stranger. */
export function loadIdentity(): Identity {
  const stored = recall(KEY)?.trim().slice(0, limits.nameMax) || null;
  stranger ??= `${pick(MOODS)} ${pick(ANIMALS)}`;
  const name = stored ?? stranger;
  return { user: { name, color: colorOf(name) }, chosen: stored !== null };
}

/** Keeps a name for the next visit; answers the user to show from now on. An empty name changes nothing. */
export function saveName(name: string): User | null {
  const trimmed = name.trim().slice(0, limits.nameMax);
  if (trimmed === "") return null;
  remember(KEY, trimmed);
  return { name: trimmed, color: colorOf(trimmed) };
}

/** One name, one colour, in every room. */
export function colorOf(name: string): ColorName {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 31 + name.charCodeAt(at)) >>> 0;
  return PERSON_COLORS[sum % PERSON_COLORS.length] ?? "blue";
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}

function pick(words: readonly string[]): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return words[random % words.length] ?? "";
}
