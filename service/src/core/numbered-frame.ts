import type { Frame } from "./ports.ts";

/**
 * A shared frame behind the number of one connection. The number becomes bytes where they are needed, so that a
 * transport can write it straight into the bytes it made for the connection before.
 */
export abstract class NumberedFrame implements Frame {
  readonly shared: Frame;
  readonly sequenceId: number;
  readonly headBytes: number;

  constructor(shared: Frame, sequenceId: number, headBytes: number) {
    this.shared = shared;
    this.sequenceId = sequenceId;
    this.headBytes = headBytes;
  }

  get head(): Uint8Array {
    const head = new Uint8Array(this.headBytes);
    this.writeHead(head, 0);
    return head;
  }

  get body(): Uint8Array {
    return this.shared.body;
  }

  get binary(): boolean {
    return this.shared.binary;
  }

  /** Writes `headBytes` bytes. */
  abstract writeHead(target: Uint8Array, at: number): void;

  /** The same where the head of a frame of this kind and length is already: only the number may differ. */
  rewriteHead(target: Uint8Array, at: number): void {
    this.writeHead(target, at);
  }
}
