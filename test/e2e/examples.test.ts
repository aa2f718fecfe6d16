import { afterEach, beforeEach, expect, test } from "vitest";
import { Member } from "../support/member.ts";
import { Servers } from "../support/servers.ts";

type News = { readonly type: string; readonly states?: readonly unknown[]; readonly notice?: string };
type Watch = (options: object) => Promise<() => Promise<void>>;
type Handler = (event: object, context: { log(text: string): void }) => Promise<void>;

/** The examples are JavaScript that users copy: nothing of theirs is compiled here. */
async function example(path: string): Promise<Readonly<Record<string, unknown>>> {
  return await import(new URL(`../../examples/${path}`, import.meta.url).href);
}

const key = "the key of the function";
let servers: Servers;

beforeEach(async () => {
  servers = await Servers.start(1, {
    authorizeDocument: (request) => (request.get("authorization") === `Bearer ${key}` ? { userId: "shop" } : null),
  });
  process.env["COLLAB_URL"] = servers.at(0).url;
  process.env["COLLAB_KEY"] = key;
});
afterEach(async () => {
  delete process.env["COLLAB_URL"];
  delete process.env["COLLAB_KEY"];
  await servers.close();
});

test("a function pushes an edit into a live document, and a plain MQTT client hears of it and of who is there", async () => {
  const [ada, bob] = [new Member(servers.at(0).url, "shop", "ada"), new Member(servers.at(0).url, "shop", "bob")];
  await Promise.all([ada.synced(), bob.synced()]);
  const heard: News[] = [];
  let check: () => void = () => undefined;
  const until = (fits: (news: News) => boolean) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (heard.some(fits)) resolve();
      };
      check();
    });
  const { watchDocument } = (await example("mqtt-watcher/watch.js")) as { readonly watchDocument: Watch };
  const stop = await watchDocument({
    collabUrl: servers.at(0).url,
    headers: { "x-user": "watcher", "x-role": "reader" },
    connectionString: servers.connectionString,
    hub: "collab",
    document: "shop",
    onNews: (news: News) => {
      heard.push(news);
      check();
    },
  });
  ada.provider.awareness.setLocalStateField("mood", "busy");
  await until(({ states }) => JSON.stringify(states ?? []).includes('"mood":"busy"'));

  const stock = ada.doc.getMap("stock");
  ada.doc.transact(() => stock.set("pears", 1));
  await ada.provider.whenSaved();
  const { stockChanged } = (await example("azure-function/stock-changed.js")) as { readonly stockChanged: Handler };
  const logged: string[] = [];
  const event = { id: "event-1", data: { document: "shop", item: "apples", count: 3 } };
  const arrived = new Promise<void>((resolve) => bob.doc.getMap("stock").observe(() => resolve()));
  await stockChanged(event, { log: (text) => logged.push(text) });
  await arrived;
  await until(({ notice }) => notice === "stored");
  await stockChanged(event, { log: (text) => logged.push(text) });
  expect(logged).toEqual(["apples is 3 in shop.", "apples is 3 in shop."]);
  for (const member of [ada, bob]) {
    await new Promise<void>((resolve) => {
      const map = member.doc.getMap("stock");
      const look = () => {
        if (map.get("apples") === 3 && map.get("pears") === 1) resolve();
      };
      map.observe(look);
      look();
    });
    member.provider.destroy();
  }
  await stop();
});

test("the function tells what is wrong, so that the event is delivered again", async () => {
  const { stockChanged } = (await example("azure-function/stock-changed.js")) as { readonly stockChanged: Handler };
  const event = { id: "event-2", data: { document: "shop", item: "apples", count: 3 } };
  process.env["COLLAB_KEY"] = "wrong";
  await expect(stockChanged(event, { log: () => undefined })).rejects.toThrow("403");
});
