import { SettingError } from "./store-url.ts";

/** What a browser would send as `Origin`: scheme and host, nothing after it. Null when it could never match. */
export function originProblem(origin: string): string | null {
  if (!URL.canParse(origin)) return "it is no URL";
  const url = new URL(origin);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "it must begin with https://";
  return url.origin === origin ? null : `browsers send it as ${url.origin}`;
}

export function checkedOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    const problem = originProblem(origin);
    if (problem !== null) throw new SettingError(`--origin ${origin.slice(0, 100)} would never match: ${problem}.`);
  }
  return origins;
}
