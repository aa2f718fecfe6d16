import { parseArgs } from "node:util";
import { ServiceError } from "./errors.ts";
import { type LogLine, type ServiceOptions, startService } from "./service.ts";

const help = `webpubsub-local: a local service that speaks the protocols of Azure Web PubSub.

Usage: webpubsub-local [options]

  --port <n>           port to listen on; 0 takes any free one (default 8080)
  --host <address>     address to listen on (default 127.0.0.1: this machine only)
  --key <key>          access key, at least 32 characters (default: random)
                       better in the environment: WEBPUBSUB_LOCAL_KEY
  --development-key    the well-known key of Microsoft's emulator; loopback only
  --quiet              no log lines
  --help               this text

Prints the endpoint and the connection string, then one JSON object per event on standard error.
`;

/** Runs the command line. Answers the exit code once the service has stopped. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    const wanted = options === help;
    (wanted ? process.stdout : process.stderr).write(options);
    return wanted ? 0 : 2;
  }
  try {
    const service = await startService(options);
    process.stdout.write(`endpoint ${service.endpoint}\nconnection string ${service.connectionString}\n`);
    await signalled();
    await service.close();
    return 0;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Options, or the text to print instead of starting. */
function readOptions(args: readonly string[]): ServiceOptions | string {
  let values: {
    readonly port?: string;
    readonly host?: string;
    readonly key?: string;
    readonly "development-key"?: boolean;
    readonly quiet?: boolean;
    readonly help?: boolean;
  };
  try {
    values = parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        key: { type: "string" },
        "development-key": { type: "boolean" },
        quiet: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\nSee webpubsub-local --help.\n`;
  }
  if (values.help === true) return help;
  const port = values.port ?? "8080";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    return `--port must be a whole number from 0 to 65535, not '${port}'.\nSee webpubsub-local --help.\n`;
  }
  const accessKey = values.key ?? process.env["WEBPUBSUB_LOCAL_KEY"];
  if (accessKey !== undefined && values["development-key"] === true) {
    return "Give either a key or --development-key, not both.\nSee webpubsub-local --help.\n";
  }
  return {
    port: Number(port),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(accessKey === undefined ? {} : { accessKey }),
    useDevelopmentKey: values["development-key"] === true,
    ...(values.quiet === true ? {} : { log: logLine }),
  };
}

function logLine(line: LogLine): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}

async function signalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}

// Whoever read our lines may be gone; the clients of the service are not.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2));
