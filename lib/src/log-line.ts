import { createHash, createHmac } from "node:crypto";
import type { DocumentId } from "y-webpubsub/core";

/** One line of the server's log. Holds no token, no content and no name; documents are keyed hashes. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  /** Stable, kebab-case. */
  readonly event: string;
  /** The same for the same document on every server with the same connection string. */
  readonly document?: string;
  /** What a library or the user's own function said. */
  readonly reason?: string;
  readonly fields?: Readonly<Record<string, string | number>>;
}

export type LogSink = (line: LogLine) => void;

const reasonLengthMax = 500;

/** Writes lines to the user's sink. A sink that throws is ignored after that: a log never breaks a request. */
export class Log {
  readonly #sink: LogSink;
  readonly #key: Buffer;
  #sinkFailed = false;

  constructor(sink: LogSink, secret: string) {
    this.#sink = sink;
    this.#key = createHash("sha256").update("y-webpubsub log\0").update(secret).digest();
  }

  write(line: LogLine): void {
    if (this.#sinkFailed) return;
    try {
      this.#sink(line);
    } catch (error) {
      this.#sinkFailed = true;
      stderrSink({ level: "error", event: "log-sink-failed", reason: reasonOf(error) });
    }
  }

  hash(document: DocumentId): string {
    return createHmac("sha256", this.#key).update(document).digest("hex").slice(0, 16);
  }
}

/** The default: warnings and errors as JSON lines on stderr. */
export function stderrSink(line: LogLine): void {
  if (line.level !== "info") process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}

/** An error's words without whatever looks like a token. */
export function reasonOf(error: unknown): string {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return (
    words
      .replace(
        /(access_token|awps_reconnection_token|AccessKey|AccountKey|SharedAccessSignature|password|sig)=[^\s&;"']+/gi,
        "$1=…",
      )
      .replace(/\b(Bearer|Basic) [\w+/=.~-]+/gi, "$1 …")
      // Stores are named by URLs with passwords.
      .replace(/:\/\/[^\s/@]+@/g, "://…@")
      .replace(/\b(cookie|set-cookie|authorization): [^\r\n]+/gi, "$1: …")
      .replace(/\beyJ[\w-]+\.[\w-]*\.?[\w-]*/g, "…")
      .slice(0, reasonLengthMax)
  );
}
