import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProviderError, syncSubdocuments, WebPubSubConnection, WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { Collab, userHeader } from "../support/collab.ts";

describe("several documents on one connection", () => {
  let collab: Collab;
  const providers: WebPubSubProvider[] = [];

  beforeEach(async () => {
    collab = await Collab.start();
  });
  afterEach(async () => {
    for (const provider of providers.splice(0)) provider.destroy();
    await collab.close();
  });

  const connectionOf = (user: string) => new WebPubSubConnection(collab.url, { headers: { [userHeader]: user } });
  const hub = () => collab.service.hub("collab");

  function open(connection: WebPubSubConnection, document: string): WebPubSubProvider {
    const provider = new WebPubSubProvider(connection, document, new Y.Doc());
    providers.push(provider);
    return provider;
  }

  const textOf = ({ doc }: WebPubSubProvider): Y.Text => doc.getText("text");
  const type = (provider: WebPubSubProvider, words: string): void =>
    textOf(provider).insert(textOf(provider).length, words);

  function reads(provider: WebPubSubProvider, words: string): Promise<void> {
    return new Promise((resolve) => {
      const { doc } = provider;
      const look = (): void => {
        if (doc.getText("text").toString() !== words) return;
        doc.off("update", look);
        resolve();
      };
      doc.on("update", look);
      look();
    });
  }

  function until(
    provider: WebPubSubProvider,
    event: "link" | "synced" | "unsynced-changes",
    check: () => boolean,
  ): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!check()) return;
        provider.off(event, look);
        resolve();
      };
      provider.on(event, look);
      look();
    });
  }

  const synced = (...all: readonly WebPubSubProvider[]): Promise<unknown> =>
    Promise.all(all.map((provider) => until(provider, "synced", () => provider.synced)));

  test("CN10 three documents of two users: two connections, and every edit in its own document", async () => {
    const [ada, bob] = [connectionOf("ada"), connectionOf("bob")];
    const names = ["one", "two", "three"];
    const [adas, bobs] = [names.map((name) => open(ada, name)), names.map((name) => open(bob, name))];
    await synced(...adas, ...bobs);
    expect(hub().connections.size).toBe(2);
    expect(ada.documents).toEqual(names);
    for (const [at, provider] of adas.entries()) type(provider, `ada in ${names[at]}`);
    await Promise.all(bobs.map((provider, at) => reads(provider, `ada in ${names[at]}`)));
    for (const provider of bobs) type(provider, ", bob too");
    await Promise.all(adas.map((provider, at) => reads(provider, `ada in ${names[at]}, bob too`)));
    await Promise.all([...adas, ...bobs].map((provider) => provider.whenSaved()));
    // Live, not by way of the log: the frames found their documents and senders.
    for (const provider of bobs.slice(1)) expect(provider.traffic.kinds["edit"]?.framesIn).toBeGreaterThan(0);
  });

  test("CN10 presence of a document stays in it", async () => {
    const [ada, bob] = [connectionOf("ada"), connectionOf("bob")];
    const [first, second] = [open(ada, "one"), open(ada, "two")];
    const [other, elsewhere] = [open(bob, "one"), open(bob, "two")];
    await synced(first, second, other, elsewhere);
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (elsewhere.awareness.getStates().has(second.awareness.clientID)) resolve();
      };
      elsewhere.awareness.on("change", look);
      look();
    });
    second.awareness.setLocalStateField("name", "Ada in two");
    await seen;
    expect(other.awareness.getStates().has(second.awareness.clientID)).toBe(false);
  });

  test("CN10 a document that is closed leaves the connection, the others stay, the last one closes it", async () => {
    const ada = connectionOf("ada");
    const [first, second] = [open(ada, "one"), open(ada, "two")];
    await synced(first, second);
    const groupsBefore = groupCount();
    first.destroy();
    await eventually(() => groupCount() < groupsBefore);
    expect(hub().connections.size).toBe(1);
    const bob = open(connectionOf("bob"), "two");
    await synced(bob);
    type(second, "still here");
    await reads(bob, "still here");
    second.destroy();
    expect(ada.documents).toEqual([]);
    expect(ada.isLive).toBe(false);
  });

  test("CN10 a document that is closed and opened at once is live again", async () => {
    const ada = connectionOf("ada");
    const keeper = open(ada, "keeper");
    await synced(keeper);
    const first = open(ada, "one");
    await synced(first);
    first.destroy();
    const again = open(ada, "one");
    const bob = open(connectionOf("bob"), "one");
    await synced(again, bob);
    type(bob, "heard");
    await reads(again, "heard");
    type(again, " both ways");
    await reads(bob, "heard both ways");
    expect(hub().connections.size).toBe(2);
  });

  test("CN5 CN10 a cut is recovered for all, an ended connection is dialled once for all", async () => {
    const [ada, bob] = [connectionOf("ada"), connectionOf("bob")];
    const names = ["one", "two", "three"];
    const [adas, bobs] = [names.map((name) => open(ada, name)), names.map((name) => open(bob, name))];
    await synced(...adas, ...bobs);
    collab.cutConnections();
    for (const provider of adas) type(provider, "cut ");
    await Promise.all(bobs.map((provider) => reads(provider, "cut ")));
    const lost = Promise.all(adas.map((provider) => until(provider, "link", () => provider.link !== "live")));
    collab.closeConnections();
    await lost;
    await Promise.all([...adas, ...bobs].map((provider) => until(provider, "link", () => provider.link === "live")));
    for (const provider of bobs) type(provider, "ended");
    await Promise.all(adas.map((provider) => reads(provider, "cut ended")));
    expect(hub().connections.size).toBe(2);
  });

  test("CN10 a connection of somebody else is not touched: the asker gets a URL of its own", async () => {
    const ada = open(connectionOf("ada"), "one");
    await synced(ada);
    const [victim] = [...hub().connections.keys()];
    const before = groupCount();
    const sessions = new Map([
      ["eve", "EEEEEEEEEEEEEEEE"],
      ["ada", "AAAAAAAAAAAAAAAA"],
    ]);
    const ask = (user: string, body: object) =>
      fetch(`${collab.url}/negotiate`, {
        method: "POST",
        headers: { "Content-Type": "application/json", [userHeader]: user },
        body: JSON.stringify({ protocol: 1, document: "secret", session: sessions.get(user), clientIds: [], ...body }),
      });
    const named = { id: victim, session: ada.session };
    for (const [user, connection] of [
      ["eve", named],
      ["ada", { ...named, session: "BBBBBBBBBBBBBBBB" }],
      ["ada", { ...named, id: "no-such-connection" }],
    ] as const) {
      const answer = await ask(user, { connection });
      expect(answer.status).toBe(200);
      expect((await answer.json()).url).toMatch(/^ws:/);
    }
    expect((await (await ask("eve", { document: "one", connection: named, release: true })).json()).released).toBe(
      false,
    );
    expect(groupCount()).toBe(before);
    for (const connection of ["text", { id: 7, session: ada.session }, { id: "x", session: "short" }]) {
      expect((await ask("eve", { connection })).status).toBe(400);
    }
  });

  test("one provider a document: a second one is refused with a next step", async () => {
    const ada = connectionOf("ada");
    open(ada, "one");
    expect(() => open(ada, "one")).toThrow(ProviderError);
    expect(() => open(ada, "one")).toThrow(/destroy it first/);
  });

  test("subdocuments load over the connection when somebody asks for them, and close when they go", async () => {
    const [ada, bob] = [connectionOf("ada"), connectionOf("bob")];
    const [book, copy] = [open(ada, "book"), open(bob, "book")];
    const opened: string[] = [];
    const stops = [
      syncSubdocuments(ada, book),
      syncSubdocuments(bob, copy, {
        onProvider: (subdocument, provider) => opened.push(`${provider === null ? "-" : "+"}${subdocument.guid}`),
      }),
    ];
    await synced(book, copy);
    const chapter = new Y.Doc({ guid: "chapter-1" });
    book.doc.getMap("chapters").set("first", chapter);
    chapter.load();
    chapter.getText("text").insert(0, "It was a dark night.");
    const there = await arrival(copy.doc, "first");
    expect(opened).toEqual([]);
    there.load();
    expect(opened).toEqual(["+chapter-1"]);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (there.getText("text").toString() === "It was a dark night.") resolve();
      };
      there.on("update", look);
      look();
    });
    expect(hub().connections.size).toBe(2);
    copy.doc.getMap("chapters").delete("first");
    expect(opened).toEqual(["+chapter-1", "-chapter-1"]);
    for (const stop of stops) stop();
    expect(ada.documents).toEqual(["book"]);
  });

  function arrival(doc: Y.Doc, name: string): Promise<Y.Doc> {
    const chapters = doc.getMap<Y.Doc>("chapters");
    return new Promise((resolve) => {
      const look = (): void => {
        const found = chapters.get(name);
        if (found === undefined) return;
        chapters.unobserve(look);
        resolve(found);
      };
      chapters.observe(look);
      look();
    });
  }

  /** Memberships of all connections. */
  function groupCount(): number {
    return [...hub().groups.all()].reduce((count, { members }) => count + members.length, 0);
  }

  /** The service tells nobody of memberships: it is asked after each turn of the event loop. */
  async function eventually(check: () => boolean): Promise<void> {
    while (!check()) await new Promise((resolve) => setImmediate(resolve));
  }
});
