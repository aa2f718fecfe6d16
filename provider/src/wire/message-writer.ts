const encoder = new TextEncoder();

/** Writes one protobuf message; nothing is copied before `finish`, however deep the messages in it. */
export class MessageWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** Also zero is written: all fields written here are optional ones or members of a oneof. Throws unless `value` is a whole number of 0 to 2^53 - 1. */
  uint(field: number, value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(`${value} is no whole number from 0 to 2^53 - 1.`);
    }
    return this.push(varints(field * 8, value));
  }

  bool(field: number, value: boolean): this {
    return this.uint(field, value ? 1 : 0);
  }

  /** Lone surrogates become U+FFFD. */
  text(field: number, text: string): this {
    return this.bytes(field, encoder.encode(text));
  }

  bytes(field: number, bytes: Uint8Array): this {
    return this.push(varints(field * 8 + 2, bytes.length)).push(bytes);
  }

  message(field: number, message: MessageWriter): this {
    this.push(varints(field * 8 + 2, message.length));
    for (const part of message.parts) this.push(part);
    return this;
  }

  finish(): ArrayBuffer {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole.buffer;
  }

  private push(part: Uint8Array): this {
    if (part.length === 0) return this;
    this.parts.push(part);
    this.length += part.length;
    return this;
  }
}

function varints(...numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let value of numbers) {
    for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) + 0x80);
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}
