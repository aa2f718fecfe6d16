/** `npm start`: the whiteboard with everything it needs, each part a process of its own. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { anyFreePort, freePortFrom } from "./server/free-port.ts";
import { buildPage, isPageStale } from "./server/page-build.ts";
import { readPort } from "./server/settings.ts";
import { Supervised } from "./server/supervised.ts";

const folder = import.meta.dirname;
const loopback = "127.0.0.1";
const portWanted = 3000;

const help = `The whiteboard, with its server and an embedded Web PubSub service.

  npm start              builds the page when needed, starts everything, prints the address
  npm start -- --help    this text

Environment
  PORT                         port of the page; default ${portWanted}, or the next free one
  HOST                         default ${loopback}; 0.0.0.0 lets other machines in
  DATA_DIR                     where boards are kept; default demo-whiteboard/.data
  WEBPUBSUB_CONNECTION_STRING  use Azure Web PubSub instead of the embedded service
`;

if (process.argv.includes("--help") || process.argv.includes("-h")) {
  console.log(help);
} else {
  try {
    await run();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function run(): Promise<void> {
  const host = process.env["HOST"] || loopback;
  const dataDirectory = resolve(process.env["DATA_DIR"] || resolve(folder, ".data"));
  const port = await pagePort(host);
  if (isPageStale(folder)) {
    console.log("Building the page …");
    await buildPage(folder);
  }
  const children: Supervised[] = [];
  const stop = onStop(children);
  try {
    const azure = process.env["WEBPUBSUB_CONNECTION_STRING"] ?? "";
    const connectionString = azure === "" ? await startEmbeddedService(children, eventsUrl(host, port)) : azure;
    const server = supervise(children, "The server", "server/server.ts", {
      PORT: String(port),
      HOST: host,
      DATA_DIR: dataDirectory,
      WEBPUBSUB_CONNECTION_STRING: connectionString,
      LAB: azure === "" && host === loopback ? "on" : "",
    });
    await server.start();
    console.log(welcome(host, port, dataDirectory, azure !== ""));
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A port that was asked for is taken or refused; the default one gives way to the next free one. */
async function pagePort(host: string): Promise<number> {
  const asked = readPort(process.env["PORT"]);
  if (asked === 0) return anyFreePort(host);
  const free = await freePortFrom(asked ?? portWanted, host);
  if (asked !== null && free !== asked) {
    throw new Error(
      `Port ${asked} is in use. Stop what listens there, or set PORT to another one${free === null ? "" : `, e.g. ${free}`}.`,
    );
  }
  if (free === null) throw new Error(`No port from ${portWanted} on is free. Set PORT to one that is.`);
  if (free !== (asked ?? portWanted)) console.log(`Port ${portWanted} is in use; taking ${free}.`);
  return free;
}

/** Where the server hears of connections that end; from this machine. */
function eventsUrl(host: string, port: number): string {
  const here = host === "0.0.0.0" || host === "::" ? loopback : host;
  return `http://${here.includes(":") ? `[${here}]` : here}:${port}/collab/events`;
}

async function startEmbeddedService(children: Supervised[], events: string): Promise<string> {
  const port = await anyFreePort(loopback);
  const key = randomBytes(32).toString("base64url");
  await supervise(children, "The Web PubSub service", "server/service.ts", {
    SERVICE_PORT: String(port),
    SERVICE_KEY: key,
    EVENTS_URL: events,
  }).start();
  return `Endpoint=http://${loopback}:${port};AccessKey=${key};Version=1.0;`;
}

function supervise(
  children: Supervised[],
  name: string,
  file: string,
  environment: Readonly<Record<string, string>>,
): Supervised {
  const child = new Supervised({ name, file: resolve(folder, file), environment, say: (line) => console.log(line) });
  children.push(child);
  return child;
}

/** Ctrl+C, SIGTERM and a failed start end the children in reverse order, once. */
function onStop(children: readonly Supervised[]): () => Promise<void> {
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    for (const child of [...children].reverse()) await child.stop();
  };
  const once = (): Promise<void> => {
    stopping ??= stop();
    return stopping;
  };
  const onSignal = (): void => {
    console.log("\nStopping …");
    void once().then(() => process.exit(0));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return once;
}

function welcome(host: string, port: number, dataDirectory: string, azure: boolean): string {
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const network = azure
    ? "Azure Web PubSub, from WEBPUBSUB_CONNECTION_STRING"
    : "embedded service on this machine; set WEBPUBSUB_CONNECTION_STRING to use Azure Web PubSub";
  const others =
    azure || host === loopback || host === "localhost"
      ? []
      : ["  Others       machines that cannot reach the embedded service edit by polling, a second slower"];
  return [
    "",
    `  Whiteboard   http://${shown.includes(":") ? `[${shown}]` : shown}:${port}/`,
    `  Boards       kept in ${dataDirectory}`,
    `  Network      ${network}`,
    ...others,
    "  Stop         Ctrl+C",
    "",
  ].join("\n");
}
