import { describe, expect, test } from "vitest";
import type { Cursor } from "y-webpubsub/core";
import type { DocumentStore } from "y-webpubsub-server/core";
import type { Subject } from "./document-store.ts";
import { documentId, entryOf, readAll, snapshotOf, start, storedCursor } from "./fixtures.ts";

const document = documentId("a document");
const hour = 3_600_000;
const day = 24 * hour;
/** What the server's clock is set by before each round. */
const jumps = [0, -hour, day, -day - hour, 2 * day];

export function registerClockRules(subject: Subject): void {
  describe("a clock that jumps", () => {
    test("order, cursors and repetition of uploads do not depend on it", () => appendThroughJumps(subject));

    test("control: a store that goes by the time of its entries is found", async () => {
      const honest: Subject = subject;
      const byTime: Subject = { ...place(honest), store: orderedByTime(honest.store) };
      await expect(appendThroughJumps(byTime)).rejects.toThrow();
    });

    test("DU11 compaction removes exactly what it folded, and joiners find the snapshot they were told of", async () => {
      const cursors: Cursor[] = [];
      for (const [round, jumpMs] of jumps.entries()) {
        subject.clock.nowMs += jumpMs;
        const before = (await subject.store.load(document))?.snapshot?.ref ?? null;
        const upload = entryAt(subject, "s", round + 1);
        cursors.push(storedCursor(await subject.store.append(document, 1, upload)));
        const loaded = await subject.store.load(document);
        const snapshot = snapshotOf(new Uint8Array([round]), cursors.at(-1) ?? start, loaded?.sessions ?? []);
        expect(await subject.store.compact(document, before, snapshot, cursors.slice(-1))).toBe("installed");
        // The replaced one is young, whatever its clock says and said.
        if (before !== null) {
          expect((await subject.store.payload(document, before))?.payload).toEqual(new Uint8Array([round - 1]));
        }
        const stored = await (await subject.reopen()).load(document);
        expect(stored).toMatchObject({ head: cursors.at(-1), entries: [] });
        expect(stored?.sessions).toMatchObject([{ upload: round + 1, cursor: cursors.at(-1) }]);
      }
      expect([...cursors].sort()).toEqual(cursors);
    });
  });
}

/** Three uploads of two sessions after each jump, one of them sent twice. */
async function appendThroughJumps(subject: Subject): Promise<void> {
  const cursors: Cursor[] = [];
  const names: string[] = [];
  for (const [round, jumpMs] of jumps.entries()) {
    subject.clock.nowMs += jumpMs;
    for (const [session, upload] of [
      ["s", 2 * round + 1],
      ["t", round + 1],
      ["s", 2 * round + 2],
    ] as const) {
      const entry = entryAt(subject, session, upload);
      cursors.push(storedCursor(await subject.store.append(document, 1, entry)));
      names.push(`${entry.session} ${upload}`);
      subject.clock.nowMs += 1_000;
    }
    const again = await subject.store.append(document, 1, entryAt(subject, "t", round + 1));
    expect(again).toMatchObject({ outcome: "duplicate", cursor: cursors.at(-2) });
  }
  expect([...cursors].sort()).toEqual(cursors);
  expect((await readAll(subject.store, document)).map(({ session, upload }) => `${session} ${upload}`)).toEqual(names);
  for (const [index, cursor] of cursors.entries()) {
    const rest = await readAll(subject.store, document, cursor);
    expect(rest.map((entry) => entry.cursor)).toEqual(cursors.slice(index + 1));
  }
}

function entryAt({ clock }: Subject, session: string, upload: number) {
  return { ...entryOf(session, upload), atMs: clock.nowMs };
}

function place({ clock, reopen }: Subject) {
  return { clock, reopen };
}

/** What a store would answer that believes the clocks of its writers. */
function orderedByTime(store: DocumentStore): DocumentStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "entriesAfter") {
        return async (...asked: Parameters<DocumentStore["entriesAfter"]>) => {
          const read = await target.entriesAfter(...asked);
          if (read.outcome !== "entries") return read;
          return { ...read, entries: [...read.entries].sort((one, other) => one.atMs - other.atMs) };
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
