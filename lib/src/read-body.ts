import type { Request } from "express";
import type { ServerLimits } from "./limits.ts";
import { Problem } from "./problems.ts";

/** Reads request bodies within bounds: bytes of one, bytes of all at once, time. */
export class BodyReader {
  readonly #limits: ServerLimits;
  #receiving = 0;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  async read(request: Request, bytesMax: number): Promise<Uint8Array> {
    // Somebody mounted a body parser before the router.
    if (Buffer.isBuffer(request.body)) return whole([request.body], bytesMax);
    const encoding = request.get("Content-Encoding") ?? "identity";
    if (encoding !== "identity")
      throw new Problem("content-type-unsupported", { what: "bodies must not be compressed" });
    if (request.readableEnded) throw new Problem("body-invalid", { what: "another body parser consumed it" });
    if (Number(request.get("Content-Length") ?? 0) > bytesMax) throw tooLarge(bytesMax);
    return this.#receive(request, bytesMax);
  }

  #receive(request: Request, bytesMax: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let size = 0;
      const settle = (act: () => void) => {
        this.#receiving -= size;
        size = 0;
        clearTimeout(late);
        request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
        act();
      };
      const refuse = (problem: Problem) => settle(() => reject(problem));
      const onData = (part: Buffer) => {
        size += part.length;
        this.#receiving += part.length;
        parts.push(part);
        if (size > bytesMax) refuse(tooLarge(bytesMax));
        else if (this.#receiving > this.#limits.receivingBytes) refuse(new Problem("too-busy"));
      };
      const onEnd = () => settle(() => resolve(whole(parts, bytesMax)));
      const onClose = () => refuse(new Problem("body-invalid", { what: "it ended early" }));
      const late = setTimeout(() => refuse(new Problem("body-late")), this.#limits.bodyMs);
      request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
    });
  }
}

function whole(parts: readonly Buffer[], bytesMax: number): Uint8Array {
  const bytes = new Uint8Array(Buffer.concat(parts));
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return bytes;
}

function tooLarge(bytesMax: number): Problem {
  return new Problem("body-too-large", { fields: { bytesMax } });
}
