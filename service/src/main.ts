import { readCommandLine } from "./command-line.ts";
import { ServiceError } from "./errors.ts";
import type { LogLine } from "./log.ts";
import { type Service, startService } from "./service.ts";

/** Runs the command line. Answers the exit code once the service has stopped. */
async function main(args: readonly string[]): Promise<number> {
  const command = readCommandLine(args, process.env);
  switch (command.type) {
    case "help":
      process.stdout.write(command.text);
      return 0;
    case "wrong":
      process.stderr.write(`${command.problem}\nSee webpubsub-local --help.\n`);
      return 2;
    case "serve":
      break;
  }
  try {
    const service = await startService({ ...command.options, ...(command.quiet ? {} : { log: logLine }) });
    process.stdout.write(greeting(service));
    await signalled();
    await service.close();
    return 0;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** What a client needs, and what each hub does with events. */
function greeting({ endpoint, connectionString, settings }: Service): string {
  const hubs = Object.entries(settings.hubs ?? {}).flatMap(([name, hub]) => [
    `hub ${name}${hub.anonymousConnectPolicy === "allow" ? ", clients without a token allowed" : ""}`,
    ...(hub.eventHandlers ?? []).map((handler) => {
      const events = [...(handler.systemEvents ?? []), ...(handler.userEventPattern?.split(",") ?? [])];
      return `  ${events.map((event) => event.trim()).join(", ")} -> ${withoutQuery(handler.urlTemplate)}`;
    }),
  ]);
  const others =
    hubs.length === 0 ? "hubs: any name, no event handlers" : "any other hub name works too, without event handlers";
  const lines = [
    `endpoint ${endpoint}`,
    `connection string ${connectionString}`,
    `live page ${endpoint}/`,
    ...hubs,
    others,
  ];
  return `${lines.join("\n")}\n`;
}

/** Keys of handlers stand in queries: they are not for the screen. */
function withoutQuery(template: string): string {
  return template.split("?", 1)[0] ?? template;
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
