import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Meeting } from "../support/meeting.ts";

describe("the provider when the service or the server goes away", () => {
  const meeting = new Meeting();
  beforeEach(() => meeting.begin());
  afterEach(() => meeting.end());

  test("CN3 SY3 after the service closed all connections everybody comes back and is synced again", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    const syncs: boolean[] = [];
    ada.provider.on("sync", (synced) => syncs.push(synced));
    const closed = new Promise<unknown>((resolve) =>
      ada.provider.on("connection-close", (_event, from) => resolve(from)),
    );
    meeting.collab.closeConnections();
    expect(await closed).toBe(ada.provider);
    ada.type("while away");
    await ada.until("sync", () => syncs.length === 2);
    expect(syncs).toEqual([false, true]);
    await bob.reads("while away");
  });

  test("CN5 a cut that the service recovers from loses nothing", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    ada.type("a");
    await bob.reads("a");
    meeting.collab.cutConnections();
    bob.type("b");
    await ada.reads("ab");
    ada.type("c");
    await bob.reads("abc");
    await Promise.all([ada.provider.whenSaved(), bob.provider.whenSaved()]);
  });

  test("CN3 connections come back after the service was restarted", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    await meeting.collab.stopService();
    await ada.until("link", () => ada.provider.link !== "live");
    await meeting.collab.startService();
    ada.provider.connect();
    bob.provider.connect();
    await Promise.all([ada.live(), bob.live()]);
    await Promise.all([ada.synced(), bob.synced()]);
    ada.type("again");
    await bob.reads("again");
  });

  test("SY10 with the service down edits travel by polling the server", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    await meeting.collab.stopService();
    await Promise.all([
      ada.until("link", () => ada.provider.link === "polling"),
      bob.until("link", () => bob.provider.link === "polling"),
    ]);
    ada.type("by post");
    await bob.reads("by post");
    await ada.provider.whenSaved();

    // Who comes now is synced by the log alone.
    const carol = meeting.join("carol");
    await carol.synced();
    expect(carol.text.toString()).toBe("by post");
    expect(carol.provider.link).toBe("polling");
  });

  test("SY10 with the server down live editing goes on, and what was typed is saved when it is back", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    await meeting.collab.stopServer();
    ada.type("live");
    await bob.reads("live");
    await ada.until("save-state", () => ada.provider.saveState === "at-risk");
    expect(ada.provider.status).toBe("connected");
    expect(ada.provider.unsyncedChanges).toBeGreaterThan(0);
    await meeting.collab.startServer();
    await ada.provider.whenSaved();
    const carol = meeting.join("carol");
    await carol.synced();
    expect(carol.text.toString()).toBe("live");
  });

  test("SY15 a long paste, many shapes and a picture reach the others live, and are saved later", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    await meeting.collab.stopServer();
    const pasted = "a long paste, ".repeat(8_000);
    ada.type(pasted);
    await bob.reads(pasted);
    const shapes = ada.doc.getMap("shapes");
    ada.doc.transact(() => {
      for (let at = 0; at < 2_000; at++) shapes.set(`shape ${at}`, { x: at, y: at });
    });
    await bob.fills("shapes", 2_000);
    ada.doc.getMap("files").set("picture", new Uint8Array(150_000).fill(1));
    await bob.fills("files", 1);
    expect(bob.provider.traffic.kinds["chunk"]?.framesIn).toBeGreaterThan(5);
    expect(ada.provider.unsyncedChanges).toBeGreaterThan(0);

    await meeting.collab.startServer();
    await ada.provider.whenSaved();
    const carol = meeting.join("carol");
    await carol.synced();
    expect(carol.text.toString()).toBe(pasted);
    expect(carol.doc.getMap("shapes").size).toBe(2_000);
  });

  test("SY15 where frames are signed nothing goes in pieces: it arrives when the server is back, over protobuf too", async () => {
    const ada = meeting.join("ada", { identity: "signed", protocol: "protobuf.reliable" });
    const bob = meeting.join("bob", { identity: "signed" });
    await Promise.all([ada.synced(), bob.synced()]);
    await meeting.collab.stopServer();
    const pasted = "a long paste, ".repeat(4_000);
    ada.type(pasted);
    await ada.until("save-state", () => ada.provider.saveState === "at-risk");
    expect(bob.text.length).toBe(0);
    await meeting.collab.startServer();
    await bob.reads(pasted);
    await ada.provider.whenSaved();
    expect(bob.provider.traffic.kinds["chunk"]).toBeUndefined();
  });
});
