import { parseArgs } from "node:util";
import { developmentKey } from "./keys.ts";
import type { ServiceOptions } from "./service.ts";

export type Command =
  | { readonly type: "help"; readonly text: string }
  /** Nothing starts: `problem` says what is wrong. */
  | { readonly type: "wrong"; readonly problem: string }
  | { readonly type: "serve"; readonly options: ServiceOptions; readonly quiet: boolean };

const help = `webpubsub-local: a local service that speaks the protocols of Azure Web PubSub.

Usage: webpubsub-local [options]

  --config <file>      settings as JSON: hubs, event handlers, keys, limits; read again whenever it changes
  --port <n>           port to listen on; 0 takes any free one (default 8080)
  --host <address>     address to listen on (default 127.0.0.1: this machine only)
  --key <key>          access key, at least 32 characters (default: random)
                       better in the environment: WEBPUBSUB_LOCAL_KEY
  --development-key    the well-known key of Microsoft's emulator; loopback only
  --faults             take fault rules at /faults; loopback only
  --quiet              no log lines
  --help               this text

Options win over the file. A file for one hub whose events go to a server on port 3000:

  { "hubs": { "chat": { "eventHandlers": [{
      "urlTemplate": "http://localhost:3000/api/webpubsub/hubs/{hub}/",
      "systemEvents": ["connect", "connected", "disconnected"], "userEventPattern": "*" }] } } }

Prints the endpoint, the connection string and the hubs, then one JSON object per event on standard error.
`;

/** What the arguments ask for. `env` may hold the access key, so that it does not show in a list of processes. */
export function readCommandLine(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return wrong(problemWith(error));
  }
  if (values.help === true) return { type: "help", text: help };
  const { port, host, config } = values;
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)) {
    return wrong(`--port must be a whole number from 0 to 65535, not '${port}'.`);
  }
  const wantsDevelopmentKey = values["development-key"] === true;
  if (values.key !== undefined && wantsDevelopmentKey)
    return wrong("Give either --key or --development-key, not both.");
  const accessKey = values.key ?? (wantsDevelopmentKey ? developmentKey : env["WEBPUBSUB_LOCAL_KEY"]);
  const options: ServiceOptions = {
    ...(config === undefined ? {} : { settingsFile: config }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(host === undefined ? {} : { host }),
    ...(accessKey === undefined ? {} : { accessKey }),
    ...(values.faults === true ? { faults: true } : {}),
  };
  return { type: "serve", options, quiet: values.quiet === true };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      config: { type: "string" },
      port: { type: "string" },
      host: { type: "string" },
      key: { type: "string" },
      "development-key": { type: "boolean" },
      faults: { type: "boolean" },
      quiet: { type: "boolean" },
      help: { type: "boolean" },
    },
  }).values;
}

/** Of an unknown option Node says more than helps: what would make it no option. */
function problemWith(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const option = /^Unknown option '([^']*)'/.exec(text)?.[1];
  return option === undefined ? text : `There is no option '${option}'.`;
}

function wrong(problem: string): Command {
  return { type: "wrong", problem };
}
