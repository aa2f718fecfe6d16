import { describe, expect, test } from "vitest";
import { momentsOf, TimeMachine } from "./time-machine.ts";
import { type Entry, HistoryProblem, type Version, VersionsApi } from "./versions.ts";

const version = (cursor: string, at: number): Version => ({
  id: `v-${cursor}`,
  cursor,
  kind: "named",
  label: `Version ${cursor}`,
  userId: "ada",
  at,
});
const entry = (cursor: string, at: number): Entry => ({ cursor, userId: "bob", at });

/** A history whose previews arrive when the test says so. */
class SlowApi extends VersionsApi {
  readonly waiting = new Map<string, (problem?: Error) => void>();
  readonly restored: string[] = [];
  constructor() {
    super({ url: "http://localhost/collab", board: "b", headers: {} });
  }
  override async read() {
    return { versions: [version("c2", 20)], entries: [entry("c3", 30), entry("c2", 19), entry("c1", 10)] };
  }
  override shapesAt(cursor: string) {
    return new Promise<readonly []>((done, fail) => {
      this.waiting.set(cursor, (problem) => (problem ? fail(problem) : done([])));
    });
  }
  override async restore(cursor: string) {
    this.restored.push(cursor);
  }
}

function begin() {
  const api = new SlowApi();
  const said: string[] = [];
  return { api, said, past: new TimeMachine(api, (words) => said.push(words)) };
}

describe("the board's past", () => {
  test("versions and edits are one line of moments, newest first; a version stands for its edit", () => {
    const moments = momentsOf({
      versions: [version("c2", 20)],
      entries: [entry("c3", 30), entry("c2", 19), entry("c1", 10)],
    });
    expect(moments.map(({ cursor, kept }) => [cursor, kept])).toEqual([
      ["c3", null],
      ["c2", "named"],
      ["c1", null],
    ]);
  });

  test("while one scrubs, an older choice that arrives late is not shown", async () => {
    const { api, past } = begin();
    await past.open();
    const [newest, middle] = momentsOf(await api.read());
    if (!newest || !middle) throw new Error("There are three moments.");
    const first = past.look(newest);
    const second = past.look(middle);
    api.waiting.get("c2")?.();
    await second;
    api.waiting.get("c3")?.();
    await first;
    expect(past.preview.get()?.moment).toBe(middle);
    past.leave();
    expect(past.preview.get()).toBeNull();
  });

  test("a moment that cannot be had is told, and what was shown stays", async () => {
    const { api, past, said } = begin();
    const [newest] = momentsOf(await api.read());
    if (!newest) throw new Error("There is a moment.");
    const looking = past.look(newest);
    api.waiting.get("c3")?.(new HistoryProblem("History does not reach back so far."));
    await looking;
    expect(said).toEqual(["History does not reach back so far."]);
    expect([past.preview.get(), past.chosen.get()]).toEqual([null, null]);
  });

  test("restoring ends the preview and reads the history anew", async () => {
    const { api, past } = begin();
    const [newest] = momentsOf(await api.read());
    if (!newest) throw new Error("There is a moment.");
    const looking = past.look(newest);
    api.waiting.get("c3")?.();
    await looking;
    await past.restore(newest);
    expect(api.restored).toEqual(["c3"]);
    expect(past.preview.get()).toBeNull();
    expect(past.state.get().kind).toBe("open");
    past.close();
    expect(past.state.get().kind).toBe("closed");
  });
});
