import { afterAll, beforeAll, expect, test } from "vitest";
import { type Service, startService } from "webpubsub-local";
import { type Postgres, startPostgres } from "../support/postgres.ts";
import { editor, Run, token, tokenSecret } from "../support/server-command.ts";

let postgres: Postgres;
let service: Service;
const running: Run[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
  service = await startService({ port: 0, accessKey: "a key of at least thirty-two bytes for tests" });
});
afterAll(async () => {
  for (const run of running) await run.end();
  await service.close();
  await postgres.stop();
});

function start(args: readonly string[]): Run {
  const run = new Run(args, {
    WEBPUBSUB_CONNECTION_STRING: service.connectionString,
    Y_WEBPUBSUB_JWT_SECRET: tokenSecret,
    Y_WEBPUBSUB_STORE: postgres.connectionString,
  });
  running.push(run);
  return run;
}

test("beside running servers of a PostgreSQL store the tools work, and an open editor sees the restore", async () => {
  const serving = ["--port", "0"];
  const [one, two] = await Promise.all(
    [start(["serve", ...serving]), start(["serve", ...serving])].map((run) => run.says(/listening on (\S+)/)),
  );
  const bearer = (sub: string) => token({ sub, role: "writer", documents: ["*"] });
  const ada = editor(one ?? "", bearer("ada"));
  ada.doc.getText("t").insert(0, "good");
  await ada.whenSaved();
  const headers = { authorization: `Bearer ${bearer("ada")}`, "content-type": "application/json" };
  const body = JSON.stringify({ label: "before the accident" });
  const named = await fetch(`${one}/versions?document=notes-1`, { method: "POST", headers, body });
  const { id } = await named.json();
  const bob = editor(two ?? "", bearer("bob"));
  await bob.whenSynced;
  bob.doc.getText("t").delete(0, 4);
  await bob.whenSaved();
  const restored = Promise.all([ada, bob].map(({ doc }) => shows(doc.getText("t"), "good")));
  const command = start(["restore", "notes-1", "--version", id]);
  expect([await command.ended, command.err]).toEqual([0, ""]);
  await restored;
  const exported = start(["export", "notes-1"]);
  expect(await exported.ended).toBe(0);
  expect(exported.out).toMatch(/^y-webpubsub-backup 1\n/);
  ada.destroy();
  bob.destroy();
});

function shows(text: { toString(): string; observe(f: () => void): void }, words: string): Promise<void> {
  return new Promise((resolve) => {
    text.observe(() => {
      if (text.toString() === words) resolve();
    });
  });
}
