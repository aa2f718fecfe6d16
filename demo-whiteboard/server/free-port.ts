import { createServer } from "node:net";

/** The first port from `wanted` on that nobody listens on; null when the next hundred are all taken. 0 stays 0. */
export async function freePortFrom(wanted: number, host: string): Promise<number | null> {
  for (let port = wanted; port < Math.min(wanted + 100, 65_536); port++) {
    if ((await tryPort(port, host)) !== null) return port;
  }
  return null;
}

/** A port that is free now, chosen by the system. */
export async function anyFreePort(host: string): Promise<number> {
  const port = await tryPort(0, host);
  if (port === null) throw new Error(`No port is free on ${host}.`);
  return port;
}

/** The port, or null when it is in use. Other errors (no such host, no permission) are thrown. */
function tryPort(port: number, host: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
