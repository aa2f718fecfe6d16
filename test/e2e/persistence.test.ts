import "../support/indexed-db.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProviderError, type WebPubSubProviderOptions } from "y-webpubsub";
import { indexedDbPersistence } from "y-webpubsub/indexeddb";
import * as Y from "yjs";
import { Collab, userHeader } from "../support/collab.ts";
import { Member } from "../support/member.ts";

describe("a provider with a copy in IndexedDB", () => {
  let collab: Collab;
  let members: Member[];
  const persistence = indexedDbPersistence();

  beforeEach(async () => {
    members = [];
    collab = await Collab.start();
  });
  afterEach(async () => {
    for (const member of members) member.provider.destroy();
    await collab.close();
  });

  function join(user: string, options: WebPubSubProviderOptions & { role?: string } = {}): Member {
    const member = new Member(collab.url, "board", user, options);
    members.push(member);
    return member;
  }

  function closePage(member: Member): void {
    member.provider.destroy();
    member.doc.destroy();
  }

  test("DU6 edits made offline are there on the next visit, and are uploaded then", async () => {
    const first = join("ada", { persistence });
    await first.synced();
    first.type("online ");
    await first.provider.whenSaved();
    closePage(first);

    await collab.stopServer();
    const offline = join("ada", { persistence });
    await offline.provider.whenLoaded;
    expect(offline.text.toString()).toBe("online ");
    expect(offline.provider.unsyncedChanges).toBe(0);
    expect(offline.provider.saveState).toBe("unknown");
    offline.type("offline");
    expect(offline.provider.unsyncedChanges).toBe(1);
    // The page dies without a word.
    await written(offline);
    closePage(offline);

    await collab.startServer();
    const bob = join("bob");
    await bob.synced();
    expect(bob.text.toString()).toBe("online ");
    const back = join("ada", { persistence });
    await back.provider.whenLoaded;
    expect(back.text.toString()).toBe("online offline");
    expect(back.provider.saveState).toBe("unknown");
    await back.provider.whenSaved();
    await bob.reads("online offline");
  });

  test("DU6 what the server has already is not uploaded again", async () => {
    const first = join("ada", { persistence });
    await first.synced();
    first.type("once");
    await first.provider.whenSaved();
    closePage(first);
    const again = join("ada", { persistence });
    const saved: string[] = [];
    again.provider.on("saved", ({ cursor }) => saved.push(cursor));
    await again.synced();
    await again.provider.whenSaved();
    expect(saved).toEqual([]);
    expect(again.text.toString()).toBe("once");
  });

  test("CN9 a copy of another generation is never uploaded: the document is replaced, the copy is there for export", async () => {
    const place = { server: new URL(collab.url).href, document: "board" };
    const old = new Y.Doc();
    const copy = persistence.open(place, old, () => undefined);
    await copy.loaded;
    old.getText("text").insert(0, "of a life long gone");
    copy.identify({ generation: 99, userId: "ada" });
    await copy.close();

    const ada = join("ada", { persistence });
    await ada.provider.whenLoaded;
    expect(ada.text.toString()).toBe("of a life long gone");
    const reloaded = await new Promise<Y.Doc>((resolve) => ada.provider.on("reload", resolve));
    expect(ada.doc).toBe(reloaded);
    await ada.synced();
    expect(ada.text.toString()).toBe("");
    ada.type("new life");
    await ada.provider.whenSaved();
    const bob = join("bob");
    await bob.synced();
    expect(bob.text.toString()).toBe("new life");
    await written(ada);
    closePage(ada);

    const [orphan] = await persistence.orphans(place);
    const exported = new Y.Doc();
    Y.applyUpdate(exported, orphan?.update ?? new Uint8Array());
    expect(exported.getText("text").toString()).toBe("of a life long gone");
    const next = join("ada", { persistence });
    await next.provider.whenLoaded;
    expect(next.text.toString()).toBe("new life");
  });

  test("CN9 SE4 whoever answers a reload with a new provider does not read the old copy again", async () => {
    const ada = join("ada", { persistence });
    await ada.synced();
    ada.type("deleted soon");
    await ada.provider.whenSaved();
    const reasons: string[] = [];
    const next = new Promise<Member>((resolve) => {
      ada.provider.on("reload", (_doc, reason) => {
        reasons.push(reason);
        closePage(ada);
        // As another page would: with an object of its own for the same copies.
        const fresh = join("ada", { persistence: indexedDbPersistence() });
        fresh.provider.on("reload", (_again, why) => reasons.push(why));
        resolve(fresh);
      });
    });
    await collab.server.document("board").delete();
    const fresh = await next;
    await fresh.provider.whenLoaded;
    expect(fresh.text.toString()).toBe("");
    fresh.type("new life");
    await fresh.provider.whenSaved();
    expect(reasons).toEqual(["generation-changed"]);
  });

  test("CN9 a copy that another user of the device made is not uploaded in this user's name", async () => {
    const ada = join("ada", { persistence });
    await ada.synced();
    closePage(ada);
    const offline = new Y.Doc();
    const copy = persistence.open(ada.provider.place, offline, () => undefined);
    expect(await copy.loaded).toMatchObject({ userId: "ada" });
    offline.getText("text").insert(0, "ada's own");
    await copy.close();
    const eve = join("eve", { persistence });
    const reason = await new Promise((resolve) => eve.provider.on("reload", (_doc, why) => resolve(why)));
    expect(reason).toBe("user-changed");
    await eve.synced();
    expect(eve.text.toString()).toBe("");
    const bob = join("bob");
    await bob.synced();
    expect(bob.text.toString()).toBe("");
  });

  test("ID11 CN9 a page that goes on as another user keeps what is unsaved, and its copy is that user's", async () => {
    const headers: Record<string, string> = { [userHeader]: "ada" };
    const page = join("ada", { persistence, headers: () => headers });
    const reasons: string[] = [];
    page.provider.on("reload", (_doc, reason) => reasons.push(reason));
    await page.synced();
    page.provider.disconnect();
    page.type("ada's own");
    headers[userHeader] = "eve";
    page.provider.connect();
    await page.provider.whenSaved();
    page.type(" and eve's");
    await page.provider.whenSaved();
    await written(page);
    closePage(page);
    const bob = join("bob");
    await bob.synced();
    expect(bob.text.toString()).toBe("ada's own and eve's");
    const copy = persistence.open(page.provider.place, new Y.Doc(), () => undefined);
    expect(await copy.loaded).toMatchObject({ userId: "eve" });
    await copy.close();
    expect(reasons).toEqual([]);
  });

  test("two providers on one copy, as two tabs: each edit is one edit, and both end with all", async () => {
    const left = join("ada", { persistence });
    const right = join("ada", { persistence });
    await Promise.all([left.synced(), right.synced()]);
    left.type("left ");
    await right.reads("left ");
    right.type("right");
    await left.reads("left right");
    await Promise.all([left.provider.whenSaved(), right.provider.whenSaved()]);
    await Promise.all([written(left), written(right)]);
    closePage(left);
    closePage(right);
    await collab.stopServer();
    const next = join("ada", { persistence });
    await next.provider.whenLoaded;
    expect(next.text.toString()).toBe("left right");
  });

  test("a copy that cannot be opened is told, and the document comes from the server", async () => {
    const unusable = { open: indexedDB.open };
    indexedDB.open = () => {
      throw new DOMException("private", "SecurityError");
    };
    const ada = join("ada", { persistence });
    const problem = new Promise<ProviderError>((resolve) => ada.provider.on("persistence-error", resolve));
    const error = await problem;
    indexedDB.open = unusable.open;
    expect(error).toBeInstanceOf(ProviderError);
    expect([error.code, error.detail]).toEqual(["local-copy", "unavailable"]);
    await ada.synced();
    ada.type("saved all the same");
    await ada.provider.whenSaved();
  });

  /** IndexedDB serves one store's transactions in order: whoever reads after the writes sees them. */
  async function written(member: Member): Promise<void> {
    const text = member.text.toString();
    for (;;) {
      const doc = new Y.Doc();
      const copy = persistence.open(member.provider.place, doc, () => undefined);
      await copy.loaded;
      await copy.close();
      if (doc.getText("text").toString() === text) return;
    }
  }
});
