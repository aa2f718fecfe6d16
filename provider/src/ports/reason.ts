import { portLimits } from "./limits.ts";

/** An error's own words, bounded, and never with a token in them. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : typeof error === "string" ? error : "no reason was given";
  return text
    .replace(/((?:access_token|awps_reconnection_token)=)[^&\s"']*/gi, "$1…")
    .slice(0, portLimits.reasonLengthMax);
}
