import type { CommandName } from "./command-line.ts";

const overview = `y-webpubsub-server: the server of y-webpubsub, and tools for its store.

Usage: y-webpubsub-server <command> [options]

  serve       answer editors over HTTP
  doctor      check connection string, service, store, clock and origins; each failure with its next step
  compact     fold the log of documents into their snapshots now
  export      write documents with their history to a file
  import      read such a file into a store
  versions    list the versions of a document
  restore     bring back a version, as an edit that open editors see
  delete      delete a document and its history

  y-webpubsub-server <command> --help says more about one.

Options of every command
  --config <file>             settings as JSON, with the names of the options: { "store": "level:./data", "port": 3000 }
  --store <url>               where documents are kept:
                                level:./data            a directory, for one server
                                postgres://host/name    PostgreSQL, for any number of servers (needs the package pg)
                                azure-blob:container    Azure Blob Storage; its connection string is read from
                                                        AZURE_STORAGE_CONNECTION_STRING (needs @azure/storage-blob)
                                memory:                 gone when the process ends
  --connection-string <text>  of Azure Web PubSub or webpubsub-local; better in WEBPUBSUB_CONNECTION_STRING
  --hub <name>                hub of the service (default collab)
  --quiet                     errors only
  --help                      this text

Options win over the environment (Y_WEBPUBSUB_<OPTION>, with _ for -), the environment over the file.
Exit codes: 0 done, 1 failed, 2 the command line is wrong.
`;

const details: Readonly<Record<CommandName, string>> = {
  serve: `y-webpubsub-server serve [options]: answers editors over HTTP until SIGTERM or SIGINT.

Who may open a document is decided by one of
  --authorize <module>        a JavaScript module whose default export is (request, document) => { userId, role } or null
  --jwt-secret <text>         tokens of your application, HS256, at least 32 bytes of secret; better in
                              Y_WEBPUBSUB_JWT_SECRET. The provider sends them as Authorization: Bearer. Claims: sub,
                              exp, role ("writer" or "reader"), documents (names; a final * stands for any rest), and
                              name, color if you like
  --jwt-audience <text>       what the tokens' aud must be (default: not looked at)

  --port <n>                  default 3000; 0 takes any free one
  --host <address>            default 127.0.0.1: this machine only
  --path <path>               where the routes are mounted (default /collab)
  --origin <origin>           pages of this origin may use the server, as https://example.org; may be repeated
  --trust-proxy <n>           proxies in front of the server, whose X-Forwarded-For is believed (default 0)
  --metrics-port <n>          Prometheus metrics at /metrics on a port of their own (default: none)
  --metrics-host <address>    default 127.0.0.1
  --secondary-key <text>      the service's other access key, for its events; better in Y_WEBPUBSUB_SECONDARY_KEY
  --drain-seconds <n>         after SIGTERM, how long readiness says no before the server stops (default 0)
  --history-days <n>          how long history is kept at least (default: until the document is deleted)
  --identity <word>           stamped (default), or signed: members believe signatures only, not the service's word
  --mode <word>               direct (default), or authoritative: edits are stored first and published by this server

Prints one JSON object per event on standard error, and where it listens on standard output.
`,
  doctor: `y-webpubsub-server doctor [options]: checks what serve would need, one line each, and says what to do about failures.
Takes --host, --port, --origin, --authorize and --jwt-secret as serve does. Exit code 1 if anything failed.
`,
  compact: `y-webpubsub-server compact <document> ... | --all: folds the log of documents into their snapshots now.
`,
  export: `y-webpubsub-server export <document> [--out <file>] | <document> ... --out <directory> | --all --out <directory>
Writes documents with their history, one file each; one document without --out goes to standard output.
A level: store is open in one process only: stop the server first, or ask it over HTTP (GET export).
`,
  import: `y-webpubsub-server import [--in <file or directory>]: reads what export wrote, from standard input without --in.
Documents that exist already are left as they are.
`,
  versions: `y-webpubsub-server versions <document> [--limit <n>] [--json]: lists versions, newest first (default 50).
`,
  restore: `y-webpubsub-server restore <document> --version <id>: brings a version back as an edit on top of what is there now.
Editors that have the document open see it at once. Nothing is lost: what was there is itself a version.
`,
  delete: `y-webpubsub-server delete <document> --yes: deletes the document, its versions and its history for good.
Editors that have it open load it anew. --yes says that you mean it.
`,
};

export function helpOf(command: CommandName | null): string {
  return command === null ? overview : `${details[command]}\n${overview.slice(overview.indexOf("Options of every"))}`;
}
