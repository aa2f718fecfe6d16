import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { WebPubSubProvider } from "y-webpubsub";
import { makeSessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { Meeting } from "../support/meeting.ts";
import type { Member } from "../support/member.ts";

/** What was found to fail in packages that bring Yjs to Web PubSub through one host process: none of it may happen here. */
describe("failures of others", () => {
  const meeting = new Meeting();
  beforeEach(() => meeting.begin());
  afterEach(() => meeting.end());

  async function pair(): Promise<readonly [Member, Member]> {
    const [ada, bob] = [meeting.join("ada"), meeting.join("bob")];
    await Promise.all([ada.synced(), bob.synced()]);
    return [ada, bob];
  }

  test("1 one lost frame does not silence its author: the edits after it arrive, and then the lost one", async () => {
    const [ada, bob] = await pair();
    ada.type("a");
    await bob.reads("a");
    const { presence, data } = await groupsOf("ada");
    expect(data).not.toBe(presence);
    meeting.collab.service.faults.add({ fault: { type: "drop" }, group: data, direction: "in", times: 1 });
    ada.type("lost ");
    for (let edit = 0; edit < 18; edit++) ada.type(String(edit % 10));
    await bob.reads("alost 012345678901234567");
  });

  test("2 a closed connection is made anew, and edits made without it are kept and arrive", async () => {
    const [ada, bob] = await pair();
    meeting.collab.closeConnections();
    ada.type("made while closed");
    await bob.reads("made while closed");
    await Promise.all([ada.live(), bob.live()]);
    bob.type(", and after");
    await ada.reads("made while closed, and after");
  });

  test("3 the death of the server is not the room's: people go on live, and newcomers come when it is back", async () => {
    const [ada, bob] = await pair();
    await meeting.collab.stopServer();
    ada.type("no host ");
    await bob.reads("no host ");
    bob.type("is needed");
    await ada.reads("no host is needed");
    await meeting.collab.startServer();
    await Promise.all([ada.provider.whenSaved(), bob.provider.whenSaved()]);
    const eve = meeting.join("eve");
    await eve.synced();
    expect(eve.text.toString()).toBe("no host is needed");
  });

  test("4 a service that cannot be reached ends no process: the server answers, editing goes on over HTTP", async () => {
    await meeting.collab.stopService();
    const [ada, bob] = [meeting.join("ada"), meeting.join("bob")];
    ada.type("by polling");
    await bob.reads("by polling");
    await ada.until("link", () => ada.provider.link === "polling");
    expect((await fetch(`${meeting.collab.url}/health`)).status).toBe(200);
    await meeting.collab.startService();
    await Promise.all([ada.live(), bob.live()]);
  });

  test("5 no frame of a member ends a process or an editor", async () => {
    const [ada, bob] = await pair();
    const mallory = await rawMember("mallory");
    const { data, presence } = await groupsOf("mallory");
    const hostile = [
      '{"data":null}',
      '{"t":"sync","f":"x","c":null,"i":0,"totalChunks":-1}',
      ...["AQ==", "AQEBAQEBAQEBAQEBAQEB", `AQ${"//".repeat(200)}`].map((bytes) => bytes),
    ];
    for (const text of hostile) {
      for (const group of [data, presence]) {
        mallory.send(JSON.stringify({ type: "sendToGroup", group, dataType: "binary", data: btoa(text) }));
        mallory.send(JSON.stringify({ type: "sendToGroup", group, dataType: "json", data: { data: null } }));
        mallory.send(JSON.stringify({ type: "sendToGroup", group, dataType: "text", data: text }));
      }
    }
    ada.type("unmoved");
    await bob.reads("unmoved");
    expect([...bob.provider.drops.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect((await fetch(`${meeting.collab.url}/health`)).status).toBe(200);
    mallory.terminate();
  });

  test("6 what was lost while a connection was cut comes back by itself", async () => {
    const [ada, bob] = await pair();
    const { data } = await groupsOf("ada");
    meeting.collab.service.faults.add({ fault: { type: "drop" }, group: data, direction: "out" });
    ada.type("nobody hears this");
    await ada.provider.whenSaved();
    expect(bob.text.toString()).toBe("");
    meeting.collab.service.faults.clear();
    meeting.collab.cutConnections();
    await bob.reads("nobody hears this");
  });

  test("7 a newcomer sees everybody and is seen at once, without anybody's next move", async () => {
    const ada = meeting.join("ada");
    await ada.synced();
    ada.provider.awareness.setLocalState({ name: "Ada" });
    const bob = meeting.join("bob");
    bob.provider.awareness.setLocalState({ name: "Bob" });
    await Promise.all([bob.sees([{ name: "Ada" }]), ada.sees([{ name: "Bob" }])]);
    // And there is no ghost of a host among them.
    expect(bob.provider.awareness.getStates().size).toBe(2);
  });

  test("8 nobody sends a remote edit back: what one types costs each other member one delivery, and no upload", async () => {
    const [ada, bob] = await pair();
    const eve = meeting.join("eve");
    await eve.synced();
    const saved: string[] = [];
    for (const other of [bob, eve]) other.provider.on("saved", ({ cursor }) => saved.push(cursor));
    const before = [bob, eve].map(({ provider }) => provider.traffic.kinds["edit"]?.framesOut ?? 0);
    ada.type("once");
    await Promise.all([bob.reads("once"), eve.reads("once")]);
    await ada.provider.whenSaved();
    await Promise.all([bob, eve].map(({ provider }) => provider.whenSaved()));
    expect([bob, eve].map(({ provider }) => provider.traffic.kinds["edit"]?.framesOut ?? 0)).toEqual(before);
    expect(saved).toEqual([]);
  });

  test("9 many who open a new document at once get one document, and one answer each", async () => {
    const first = meeting.join("writer");
    first.type("seed");
    const crowd = ["a", "b", "c", "d", "e"].map((user) => meeting.join(user));
    await Promise.all([first, ...crowd].map((member) => member.synced()));
    await Promise.all(crowd.map((member) => member.reads("seed")));
    await first.provider.whenSaved();
    const negotiations = meeting.collab.service.hub("collab").connections.size;
    expect(negotiations).toBe(crowd.length + 1);
    const digests = new Set(crowd.map(({ doc }) => Y.encodeStateAsUpdate(doc).join()));
    expect(digests.size).toBe(1);
  });

  test("9 a negotiation is answered though the service is away, and one that hangs is given up", async () => {
    await meeting.collab.stopService();
    const answer = await negotiate("ada");
    expect(answer.status).toBe(200);
    await meeting.collab.startService();
    // A server that takes the connection and never answers, for a provider that must not wait for ever.
    const silent = await import("node:net").then(({ createServer }) => createServer(() => undefined));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const waiting = new WebPubSubProvider(`http://127.0.0.1:${port}/collab`, "board", new Y.Doc());
    expect(waiting.status).toBe("connecting");
    const done = new Promise<void>((resolve) =>
      waiting.on("status", ({ status }) => status === "disconnected" && resolve()),
    );
    const probe = connect(port, "127.0.0.1");
    await done;
    probe.destroy();
    waiting.destroy();
    silent.close();
  });

  function negotiate(user: string): Promise<Response> {
    const session = makeSessionId({ next: Math.random });
    return fetch(`${meeting.collab.url}/negotiate`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "x-user": user },
      body: JSON.stringify({ protocol: 1, document: "board", session, clientIds: [] }),
    });
  }

  async function groupsOf(user: string): Promise<{ readonly data: string; readonly presence: string }> {
    return (await (await negotiate(user)).json()).groups;
  }

  async function rawMember(user: string): Promise<WebSocket> {
    const { url } = await (await negotiate(user)).json();
    const socket = new WebSocket(url, ["json.webpubsub.azure.v1"]);
    await new Promise((resolve) => socket.once("message", resolve));
    return socket;
  }
});
