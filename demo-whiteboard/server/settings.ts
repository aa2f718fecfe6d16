/** The server's settings, from the environment. `start.ts` sets all of them; each has a default for running it alone. */
export interface Settings {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly dataDirectory: string;
  /** Azure Web PubSub or the embedded service. A secret: never logged. */
  readonly connectionString: string;
  /** A proxy before this server ends TLS and says so in `X-Forwarded-Proto`: cookies are `Secure` then. */
  readonly trustProxy: boolean;
  /** Pages may break things on purpose. Off unless `LAB` is `on`: `start.ts` says so on one's own machine. */
  readonly lab: boolean;
}

const defaults = { port: 3000, host: "127.0.0.1", dataDirectory: ".data" } as const;

/** Throws an `Error` whose message names the variable and the next step. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const connectionString = environment["WEBPUBSUB_CONNECTION_STRING"] ?? "";
  if (connectionString === "") {
    throw new Error(
      "WEBPUBSUB_CONNECTION_STRING is not set. Use `npm start`, which brings its own service, or set it to a connection string of Azure Web PubSub.",
    );
  }
  return {
    port: readPort(environment["PORT"]) ?? defaults.port,
    host: environment["HOST"] || defaults.host,
    dataDirectory: environment["DATA_DIR"] || defaults.dataDirectory,
    connectionString,
    trustProxy: environment["TRUST_PROXY"] === "on",
    lab: environment["LAB"] === "on",
  };
}

/** Null when nothing was given. */
export function readPort(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT is "${text}". Set it to a number from 0 to 65535, or leave it out.`);
  }
  return port;
}

/** Where pages open their WebSocket: the endpoint of the connection string, for the content security policy. */
export function socketOrigin(connectionString: string): string {
  const endpoint = /(?:^|;)\s*Endpoint=([^;]+)/i.exec(connectionString)?.[1];
  if (endpoint === undefined || !URL.canParse(endpoint)) {
    throw new Error("WEBPUBSUB_CONNECTION_STRING names no endpoint. Copy the whole string, it begins with Endpoint=.");
  }
  const url = new URL(endpoint);
  const port = /(?:^|;)\s*Port=(\d+)/i.exec(connectionString)?.[1] ?? url.port;
  const scheme = url.protocol === "http:" ? "ws:" : "wss:";
  return `${scheme}//${url.hostname}${port === "" ? "" : `:${port}`}`;
}
