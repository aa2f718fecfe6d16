import type { IncomingMessage } from "node:http";
import { isLoopback } from "../keys.ts";

/**
 * Whether a request comes from this machine and knows it. The name in `Host` counts too: a page of the internet whose
 * name was made to point at 127.0.0.1 reaches the port, but under its own name. A proxy speaks for others.
 */
export function isLocal(request: IncomingMessage): boolean {
  const { host, forwarded } = request.headers;
  if (forwarded !== undefined || request.headers["x-forwarded-for"] !== undefined) return false;
  const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/i, "");
  return isLoopback(address) && isLoopback(hostName(host ?? ""));
}

/** The name of `name:port`, without the brackets of an IPv6 address. */
function hostName(host: string): string {
  return host
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}
