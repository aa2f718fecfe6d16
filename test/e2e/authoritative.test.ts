import { SendMessageError, WebPubSubClient } from "@azure/web-pubsub-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebPubSubConnection, WebPubSubProvider } from "y-webpubsub";
import { encodeFrame, makeSessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { userHeader } from "../support/collab.ts";
import { Meeting } from "../support/meeting.ts";

const document = "board";

interface Ticket {
  readonly url: string;
  readonly mode: string;
  readonly groups: { readonly data: string; readonly presence: string };
}

describe("authoritative documents over the real server and service", () => {
  const meeting = new Meeting();
  beforeEach(() => meeting.begin({ mode: (id) => (id === document ? "authoritative" : "direct") }));
  afterEach(() => meeting.end());

  async function ticketOf(
    user: string,
    id = document,
  ): Promise<Ticket & { readonly session: ReturnType<typeof makeSessionId> }> {
    const session = makeSessionId({ next: Math.random });
    const answer = await fetch(`${meeting.collab.url}/negotiate`, {
      method: "POST",
      headers: { "content-type": "application/json", [userHeader]: user },
      body: JSON.stringify({ protocol: 1, document: id, session, clientIds: [] }),
    });
    return { ...((await answer.json()) as Ticket), session };
  }

  test("AU1 AU2 edits go up, and reach the others from the server, saved; presence goes directly", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    const eve = meeting.join("eve", { role: "reader" });
    await Promise.all([ada.synced(), bob.synced(), eve.synced()]);
    ada.type("a");
    await bob.reads("a");
    bob.type("b");
    await Promise.all([ada.reads("ab"), eve.reads("ab")]);
    ada.provider.awareness.setLocalState({ pointer: 1 });
    await bob.seesOne(({ pointer }) => pointer === 1);
    await Promise.all([ada.provider.whenSaved(), bob.provider.whenSaved()]);

    meeting.collab.cutConnections();
    ada.type("c");
    await bob.reads("abc");
    meeting.collab.closeConnections();
    bob.type("d");
    await Promise.all([ada.reads("abcd"), eve.reads("abcd")]);
    for (const { provider } of [ada, bob]) {
      expect(provider.traffic.kinds["edit"]).toBeUndefined();
      expect(provider.traffic.kinds["server"]?.framesIn).toBeGreaterThan(0);
    }
  });

  test("AU1 a forged live frame cannot be sent: the service refuses the data group to everybody", async () => {
    const bob = meeting.join("bob");
    await bob.synced();
    const { url, groups, mode, session } = await ticketOf("mallory");
    expect(mode).toBe("authoritative");
    const raw = new WebPubSubClient(url);
    try {
      await raw.start();
      const doc = new Y.Doc();
      doc.getText("text").insert(0, "forged");
      const awareness = new Uint8Array(0);
      const edit = {
        kind: "edit",
        session,
        seqFrom: 1,
        seqTo: 1,
        update: Y.encodeStateAsUpdate(doc),
        awareness,
      } as const;
      const sent = raw.sendToGroup(groups.data, encodeFrame(edit).slice().buffer, "binary");
      const refusal = await sent.then(
        () => null,
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(SendMessageError);
      expect(refusal).toMatchObject({ errorDetail: { name: "Forbidden" } });
      expect(bob.text.toString()).toBe("");
      expect((await ticketOf("mallory", "another")).mode).toBe("direct");
    } finally {
      raw.stop();
    }
  });

  test("AU1 CN10 on a shared connection each document has its own mode", async () => {
    const connection = new WebPubSubConnection(meeting.collab.url, { headers: { [userHeader]: "ada" } });
    const open = (id: string): WebPubSubProvider =>
      new WebPubSubProvider(connection, id, new Y.Doc(), { crossTab: false });
    const notes = open("notes");
    await notes.whenSynced;
    const board = open(document);
    await board.whenSynced;
    const bob = meeting.join("bob");
    await bob.synced();
    board.doc.getText("text").insert(0, "by the server");
    await bob.reads("by the server");
    const mayPublish = async (id: string): Promise<boolean> => {
      const { data } = (await ticketOf("ada", id)).groups;
      const all = [...meeting.collab.service.hub("collab").connections.values()];
      return all.some(({ identity }) => identity.permissions.allows("sendToGroup", data));
    };
    expect([await mayPublish("notes"), await mayPublish(document)]).toEqual([true, false]);
    notes.destroy();
    board.destroy();
  });

  test("AU3 a server that dies between append and publish hides nothing", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    const { data } = (await ticketOf("ada")).groups;
    // What it publishes reaches nobody: as if it had died before it could.
    const publishAgain = meeting.collab.service.faults.add({ group: data, direction: "out", fault: { type: "drop" } });
    const saved = new Promise<void>((resolve) => ada.provider.once("saved", () => resolve()));
    ada.type("stored, told by nobody");
    await saved;
    await meeting.collab.stopServer();
    publishAgain();
    await meeting.collab.startServer();
    await bob.reads("stored, told by nobody");
    expect(bob.provider.traffic.kinds["receipt"]?.framesIn).toBeGreaterThan(0);
  });

  test("AU4 with the server down edits wait at their author, who is told", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    await meeting.collab.stopServer();
    ada.type("waits");
    await ada.until("save-state", () => ada.provider.saveState === "at-risk");
    await meeting.collab.startServer();
    await bob.reads("waits");
    await ada.provider.whenSaved();
  });
});
