import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebPubSubConnection, WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { userHeader } from "../support/collab.ts";
import { Meeting } from "../support/meeting.ts";

const signed = { identity: "signed" } as const;

describe("providers on the protobuf subprotocols", () => {
  const meeting = new Meeting();
  beforeEach(() => meeting.begin());
  afterEach(() => meeting.end());

  function subprotocolsOf(): readonly string[] {
    const { connections } = meeting.collab.service.hub("collab");
    return [...connections.values()].map(({ identity }) => identity.subprotocol ?? "none").sort();
  }

  for (const protocol of ["protobuf.reliable", "protobuf"] as const) {
    test(`ID8 ${protocol} beside JSON in one room: edits, presence and leaves, over cuts`, async () => {
      const ada = meeting.join("ada", { ...signed, protocol });
      const bob = meeting.join("bob", { ...signed, protocol: "json.reliable" });
      await Promise.all([ada.synced(), bob.synced()]);
      const names = {
        "protobuf.reliable": "protobuf.reliable.webpubsub.azure.v1",
        protobuf: "protobuf.webpubsub.azure.v1",
      };
      expect(subprotocolsOf()).toEqual(["json.reliable.webpubsub.azure.v1", names[protocol]]);
      ada.type("from protobuf");
      await bob.reads("from protobuf");
      bob.type(", from JSON");
      await ada.reads("from protobuf, from JSON");
      ada.provider.awareness.setLocalState({ pointer: 12 });
      await bob.seesOne(({ pointer }) => pointer === 12);
      bob.provider.awareness.setLocalState({ pointer: 34 });
      await ada.seesOne(({ pointer }) => pointer === 34);

      meeting.collab.cutConnections();
      ada.type(", while cut");
      await bob.has(", while cut");
      bob.type(", answered");
      await ada.has(", answered");
      await Promise.all([ada.provider.whenSaved(), bob.provider.whenSaved()]);

      ada.provider.disconnect();
      await bob.sees([]);
    });
  }

  test("CN10 several documents share one protobuf connection", async () => {
    const connection = new WebPubSubConnection(meeting.collab.url, {
      protocol: "protobuf.reliable",
      headers: { [userHeader]: "ada" },
    });
    const open = (document: string): WebPubSubProvider =>
      new WebPubSubProvider(connection, document, new Y.Doc(), { ...signed, crossTab: false });
    const [first, second] = [open("board"), open("notes")];
    const bob = meeting.join("bob", signed);
    await Promise.all([first.whenSynced, second.whenSynced, bob.synced()]);
    first.doc.getText("text").insert(0, "over a shared line");
    await bob.reads("over a shared line");
    bob.type("!");
    await reads(first.doc, "over a shared line!");
    expect(subprotocolsOf().filter((name) => name.startsWith("protobuf"))).toHaveLength(1);
    first.destroy();
    second.destroy();
  });
});

function reads(doc: Y.Doc, text: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (doc.getText("text").toString() !== text) return;
      doc.off("update", look);
      resolve();
    };
    doc.on("update", look);
    look();
  });
}
