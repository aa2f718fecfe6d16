import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Collab, roleHeader, userHeader } from "../support/collab.ts";
import { Member } from "../support/member.ts";

interface VersionRow {
  readonly id: string;
  readonly cursor: string;
  readonly kind: string;
  readonly label: string | null;
  readonly userId: string | null;
  readonly at: string;
}

let collab: Collab;
let members: Member[] = [];

beforeEach(async () => {
  collab = await Collab.start();
});
afterEach(async () => {
  for (const member of members) member.provider.destroy();
  members = [];
  await collab.close();
});

async function join(user: string, document = "board"): Promise<Member> {
  const member = new Member(collab.url, document, user);
  members.push(member);
  await member.synced();
  return member;
}

interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly role?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(path: string, { method = "GET", body, role = "writer", headers = {} }: Ask = {}): Promise<Response> {
  return fetch(`${collab.url}${path}`, {
    method,
    headers: {
      [userHeader]: "ada",
      [roleHeader]: role,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function json<T>(path: string, how: Ask = {}): Promise<T> {
  const response = await ask(path, how);
  const text = await response.text();
  expect(response.ok, `${response.status} ${text}`).toBe(true);
  return JSON.parse(text) as T;
}

async function nameVersion(label: string): Promise<VersionRow> {
  return json<VersionRow>("/versions?document=board", { method: "POST", body: { label } });
}

describe("versions over HTTP", () => {
  test("HI2 HI4 HI5 a version is named, listed, shown and restored, and live editors see it", async () => {
    const [ada, bob] = [await join("ada"), await join("bob")];
    ada.type("the first draft");
    await ada.provider.whenSaved();
    await bob.reads("the first draft");
    const draft = await nameVersion("Draft");
    expect(draft).toMatchObject({ kind: "named", label: "Draft", userId: "ada" });

    bob.text.delete(0, 4);
    bob.type(", changed");
    await bob.provider.whenSaved();
    await ada.reads("first draft, changed");

    const preview = await ask(`/preview?document=board&version=${draft.id}&format=update`);
    const shown = new Y.Doc();
    Y.applyUpdate(shown, new Uint8Array(await preview.arrayBuffer()));
    expect(shown.getText("text").toString()).toBe("the first draft");
    const difference = await json<{ changes: readonly { path: string[]; change: string }[] }>(
      `/difference?document=board&fromVersion=${draft.id}`,
    );
    expect(difference.changes).toMatchObject([{ path: ["text"], change: "text" }]);

    const restored = await json<{ changed: boolean; repeated: boolean }>("/restore?document=board", {
      method: "POST",
      body: { version: draft.id },
      headers: { "Idempotency-Key": "once" },
    });
    expect(restored).toMatchObject({ changed: true, repeated: false });
    await Promise.all([ada.reads("the first draft"), bob.reads("the first draft")]);
    const again = await json<{ repeated: boolean }>("/restore?document=board", {
      method: "POST",
      body: { version: draft.id },
      headers: { "Idempotency-Key": "once" },
    });
    expect(again.repeated).toBe(true);

    const { versions } = await json<{ versions: readonly VersionRow[] }>("/versions?document=board");
    expect(versions.map(({ kind }) => kind)).toEqual(["restore", "named"]);
    const before = versions[0];
    const undone = await ask("/restore?document=board", { method: "POST", body: { version: before?.id } });
    expect(undone.status).toBe(200);
    await bob.reads("first draft, changed");
    const { entries } = await json<{ entries: readonly { userId: string }[] }>("/entries?document=board");
    expect(entries.map(({ userId }) => userId)).toEqual(["ada", "ada", "bob", "ada"]);
  });

  test("HI4 SE2 a restore while five people type: all show the same, and nothing typed after it is lost", async () => {
    const people = await Promise.all(["a", "b", "c", "d", "e"].map((user) => join(user)));
    const [ada] = people;
    if (!ada) throw new Error("Five people joined.");
    ada.type("agreed text. ");
    await ada.provider.whenSaved();
    await Promise.all(people.map((member) => member.reads("agreed text. ")));
    const agreed = await nameVersion("Agreed");

    const typing = new AbortController();
    const typed = people.map((member, index) => typeUntil(member, `<${index}>`, typing.signal));
    await Promise.all(people.map((member) => member.has("<0>", "<1>", "<2>", "<3>", "<4>")));
    const restored = await ask("/restore?document=board", { method: "POST", body: { version: agreed.id } });
    expect(restored.status, await restored.text()).toBe(200);
    typing.abort();
    await Promise.all(typed);

    // Typed when the restore is on every screen: none of it may be lost.
    await Promise.all(people.map((member) => member.provider.whenSaved()));
    await Promise.all(people.map((member) => member.has("agreed text. ")));
    for (const [index, member] of people.entries()) member.type(`[late ${index}]`);
    await Promise.all(people.map((member) => member.provider.whenSaved()));
    const late = people.map((_, index) => `[late ${index}]`);
    await Promise.all(people.map((member) => member.has("agreed text. ", ...late)));
    const texts = people.map((member) => member.text.toString());
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]?.split("agreed text. ").length).toBe(2);
  });

  test("who may: readers look, writers name and restore, nobody else learns anything", async () => {
    const ada = await join("ada");
    ada.type("x");
    await ada.provider.whenSaved();
    const { id } = await nameVersion("One");
    const body = { version: id };
    const statuses = async (asks: readonly (readonly [string, Ask])[]) =>
      Promise.all(asks.map(async ([path, how]) => (await ask(path, how)).status));
    expect(
      await statuses([
        ["/versions?document=board", { role: "reader" }],
        [`/preview?document=board&version=${id}&format=json`, { role: "reader" }],
        ["/entries?document=board", { role: "reader" }],
        [`/difference?document=board&fromVersion=${id}`, { role: "reader" }],
      ]),
    ).toEqual([200, 200, 200, 200]);
    expect(
      await statuses([
        ["/versions?document=board", { role: "reader", method: "POST", body: { label: "No" } }],
        ["/restore?document=board", { role: "reader", method: "POST", body }],
        [`/versions?document=board&version=${id}`, { role: "reader", method: "DELETE" }],
        ["/document?document=board", {}],
        ["/document?document=board", { method: "DELETE" }],
        ["/document?document=never%20written", { method: "DELETE" }],
        ["/documents", {}],
        ["/export?document=board", {}],
        ["/presence?document=board", {}],
      ]),
    ).toEqual([403, 403, 403, 403, 403, 403, 403, 403, 403]);
  });

  test.each<readonly [string, Ask, number, string]>([
    ["/preview?document=board", {}, 400, "parameter-invalid"],
    ["/preview?document=board&version=zzz", {}, 404, "version-not-found"],
    ["/preview?document=board&cursor=zzzzzzzzzzzzzzzzzzzz", {}, 410, "position-gone"],
    ["/preview?document=board&cursor=../..", {}, 400, "parameter-invalid"],
    ["/versions?document=board&max=0", {}, 400, "parameter-invalid"],
    ["/versions?document=board", { method: "PUT" }, 405, "method-not-allowed"],
    ["/versions?document=board", { method: "POST", body: { label: "" } }, 400, "body-invalid"],
    ["/versions?document=board", { method: "POST", body: { label: "a\u0000" } }, 400, "body-invalid"],
    ["/restore?document=board", { method: "POST", body: {} }, 400, "parameter-invalid"],
    ["/restore?document=board", { method: "POST", body: { version: "none" } }, 404, "version-not-found"],
    ["/restore?document=board", { method: "POST" }, 415, "content-type-unsupported"],
    [
      "/restore?document=board",
      { method: "POST", body: { cursor: "" }, headers: { "If-Match": '"elsewhere"' } },
      412,
      "head-changed",
    ],
  ])("%s %j is answered %i %s", async (path, how, status, code) => {
    const response = await ask(path, how);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });
});

describe("direct access", () => {
  test("SE1 SE5 an edit of the server's own program reaches live editors, and history names it", async () => {
    const ada = await join("ada");
    ada.type("hello");
    await ada.provider.whenSaved();
    const length = await collab.server.document("board").transact(
      (doc) => {
        doc.getText("text").insert(5, " from the server");
        return doc.getText("text").length;
      },
      { userId: "agent" },
    );
    expect(length).toBe("hello from the server".length);
    await ada.reads("hello from the server");
    await collab.server.document("board").transact((doc) => doc.getText("text").insert(0, "> "), { userId: "agent" });
    await ada.reads("> hello from the server");
    const entries = await collab.server.document("board").entries();
    expect(entries.map(({ userId }) => userId)).toEqual(["agent", "agent", "ada"]);
    const ids = await collab.server.document("board").read((doc) => doc.store.clients.size);
    expect(ids).toBe(2);
    const failing = collab.server.document("board").transact((doc) => {
      doc.getText("text").insert(0, "never");
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await collab.server.document("board").read((doc) => doc.getText("text").toString())).toBe(
      "> hello from the server",
    );
  });

  test("SE3 a document is seeded once, and never over what is there", async () => {
    const document = collab.server.document("seeded");
    const seeding = Array.from({ length: 5 }, () => document.seed((doc) => doc.getText("text").insert(0, "begin. ")));
    expect((await Promise.all(seeding)).filter((done) => done)).toHaveLength(1);
    const ada = await join("ada", "seeded");
    await ada.reads("begin. ");
    expect(await document.seed((doc) => doc.getText("text").insert(0, "again"))).toBe(false);
  });

  test("SE4 a deletion makes live editors load the next, empty document; a reset keeps what is shown", async () => {
    const ada = await join("ada");
    ada.type("to be deleted");
    await ada.provider.whenSaved();
    const document = collab.server.document("board");
    await document.createVersion("Before");
    const reloaded = ada.reloaded();
    await document.delete();
    expect((await reloaded).getText("text").toString()).toBe("");
    expect(await document.versions()).toEqual([]);
    expect(await document.read((doc) => doc.getText("text").toString())).toBe("");

    const bob = await join("bob");
    bob.type("a new life");
    await bob.provider.whenSaved();
    const again = bob.reloaded();
    await document.reset();
    expect((await again).getText("text").toString()).toBe("a new life");
    expect(await document.entries()).toEqual([]);
    const carol = await join("carol");
    await carol.reads("a new life");
    carol.type("!");
    await carol.provider.whenSaved();
  });

  test("SE6 who is connected is listed by session", async () => {
    const [ada, bob] = [await join("ada"), await join("bob")];
    await Promise.all([ada.live(), bob.live()]);
    const present = await collab.server.document("board").presence();
    expect(present.map(({ userId }) => userId).sort()).toEqual(["ada", "bob"]);
  });
});

/** Types a letter after the other, each when the one before is on this screen, until told to stop. */
async function typeUntil(member: Member, words: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    member.type(words);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
