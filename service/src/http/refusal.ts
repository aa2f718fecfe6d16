import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** The answer to an upgrade that is not accepted. */
export interface Refusal {
  /** 4xx or 5xx. An event handler's own 4xx is handed to the client as it is. */
  readonly status: number;
  readonly reason: string;
}

/** Writes the answer and lets go of the socket: the peer may never close its half. */
export function refuse(socket: Duplex, { status, reason }: Refusal): void {
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\n` +
      "Content-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
}
