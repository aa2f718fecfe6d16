// @vitest-environment jsdom
import { act, createElement, type ReactNode, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import type { ReplicaEvent, ReplicaOptions } from "../core/replica-contract.ts";
import { WebPubSubProvider } from "../provider.ts";
import {
  useArray,
  useAwareness,
  useConnectionStatus,
  useLinkState,
  useMap,
  usePresence,
  usePresenceSetter,
  useProvider,
  useRole,
  useSaveState,
  useSyncStatus,
  useText,
  useYDoc,
  WebPubSubProviderContext,
} from "./index.ts";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

/** Stands in for the core: has the state that the test gives it, and tells it. */
class FakeReplica {
  readonly options: ReplicaOptions;
  synced = false;
  status = "disconnected";
  link = "offline";
  role: string | null = null;
  saveState = "unknown";
  unsyncedChanges = 0;
  constructor(options: ReplicaOptions) {
    this.options = options;
    replicas.push(this);
  }
  destroy(): void {
    Object.assign(this, { status: "disconnected" });
  }
  tell(state: Partial<FakeReplica>, ...events: ReplicaEvent[]): void {
    Object.assign(this, state);
    for (const event of events) this.options.emit(event);
  }
}

const { replicas } = vi.hoisted(() => ({ replicas: [] as FakeReplica[] }));
vi.mock("../core/replica.ts", () => ({
  Replica: function Replica(options: ReplicaOptions) {
    return new FakeReplica(options);
  },
}));

const roots: Root[] = [];
const providers: WebPubSubProvider[] = [];
afterEach(async () => {
  await act(async () => {
    for (const root of roots.splice(0)) root.unmount();
  });
  for (const provider of providers.splice(0)) provider.destroy();
  replicas.length = 0;
});

function make(doc: Y.Doc = new Y.Doc()) {
  const provider = new WebPubSubProvider("http://127.0.0.1:1/collab", "board", doc, { connect: false });
  providers.push(provider);
  return { provider, doc, tell: (...args: Parameters<FakeReplica["tell"]>) => act(async () => latest().tell(...args)) };
}

function latest(): FakeReplica {
  const replica = replicas.at(-1);
  if (replica === undefined) throw new Error("no replica was made");
  return replica;
}

/** Renders a component that does nothing but call `hook`: every value it got, and the way to unmount it. */
async function follow<Value>(provider: WebPubSubProvider, hook: () => Value) {
  const values: Value[] = [];
  const Probe = (): ReactNode => {
    values.push(hook());
    return null;
  };
  const element = () => createElement(WebPubSubProviderContext.Provider, { value: provider }, createElement(Probe));
  const root = createRoot(document.createElement("div"));
  roots.push(root);
  await act(async () => root.render(element()));
  return {
    values,
    get now(): Value {
      return values.at(-1) as Value;
    },
    rerender: () => act(async () => root.render(element())),
    remountStrictly: () => act(async () => root.render(createElement(StrictMode, null, element()))),
    unmount: () => act(async () => root.unmount()),
    onServer: () => {
      const before = values.length;
      renderToString(element());
      return values[before];
    },
  };
}

describe("state of the provider", () => {
  test("status, link, sync and role follow it", async () => {
    const { provider, tell } = make();
    const all = await follow(provider, () =>
      [useConnectionStatus(), useLinkState(), useSyncStatus(), useRole()].join(" "),
    );
    expect(all.now).toBe("disconnected offline false ");
    await tell({ status: "connected" }, { type: "status", status: "connected", reason: null });
    expect(all.now).toBe("connected offline false ");
    await tell({ link: "live", synced: true }, { type: "link", link: "live" }, { type: "synced", synced: true });
    expect(all.now).toBe("connected live true ");
    await tell({ role: "reader" }, { type: "role", role: "reader" });
    expect(all.now).toBe("connected live true reader");
    expect(all.values).toHaveLength(4);
    expect(all.onServer()).toBe("disconnected offline false ");
  });

  test("the save state is the same object until it changes", async () => {
    const { provider, tell } = make();
    const save = await follow(provider, useSaveState);
    const first = save.now;
    expect(first).toEqual({ state: "unknown", unsyncedChanges: 0 });
    await save.rerender();
    expect(save.values.length).toBeGreaterThan(1);
    expect(save.now).toBe(first);
    await tell(
      { saveState: "saving", unsyncedChanges: 2 },
      { type: "unsynced-changes", count: 2 },
      { type: "save-state", state: "saving" },
    );
    expect(save.now).toEqual({ state: "saving", unsyncedChanges: 2 });
    const second = save.now;
    await tell({ status: "connecting" }, { type: "status", status: "connecting", reason: null });
    expect(save.now).toBe(second);
    expect(save.onServer()).toEqual({ state: "unknown", unsyncedChanges: 0 });
  });

  test("a reload brings the new document, its types and the new session's state", async () => {
    const { provider, doc, tell } = make();
    const seen = await follow(provider, () => ({ doc: useYDoc(), map: useMap("m") }));
    const synced = await follow(provider, useSyncStatus);
    await tell({ synced: true }, { type: "synced", synced: true });
    expect(seen.now).toEqual({ doc, map: doc.getMap("m") });
    expect(synced.now).toBe(true);
    const fresh = new Y.Doc();
    fresh.getMap("m").set("k", 1);
    await tell({}, { type: "reload", doc: fresh, reason: "generation-changed" });
    expect(seen.now.doc).toBe(fresh);
    expect(seen.now.map).toBe(fresh.getMap("m"));
    expect(synced.now).toBe(false);
  });

  test("unmounting leaves no listener, also under StrictMode", async () => {
    const { provider, doc } = make();
    const listeners = () => [
      [...provider._observers].map(([name, set]) => [name, set.size]),
      [...provider.awareness._observers].map(([name, set]) => [name, set.size]),
      doc.getMap("m")._dEH.l.length,
    ];
    const before = listeners();
    const all = await follow(provider, () => [
      useConnectionStatus(),
      useLinkState(),
      useSyncStatus(),
      useSaveState(),
      useRole(),
      useYDoc(),
      usePresence(),
      useMap("m"),
    ]);
    await all.remountStrictly();
    expect(listeners()).not.toEqual(before);
    await all.unmount();
    expect(listeners()).toEqual(before);
  });
});

describe("presence", () => {
  function peer(name: string) {
    const awareness = new Awareness(new Y.Doc());
    awareness.setLocalState({ name });
    return awareness;
  }
  function hear(provider: WebPubSubProvider, other: Awareness): Promise<void> {
    const update = encodeAwarenessUpdate(other, [other.clientID]);
    return act(async () => applyAwarenessUpdate(provider.awareness, update, "test"));
  }

  test("tells who is here without oneself, as a map that stays the same until something changed", async () => {
    const { provider } = make();
    const ada = peer("Ada");
    const others = await follow(provider, () => usePresence<{ name: string }>());
    const all = await follow(provider, () => usePresence({ includeSelf: true }));
    expect(others.now.size).toBe(0);
    await hear(provider, ada);
    expect([...others.now]).toEqual([[ada.clientID, { name: "Ada" }]]);
    const before = others.now;
    const renders = others.values.length;
    ada.setLocalState({ name: "Ada" });
    await hear(provider, ada);
    await act(async () => provider.awareness.setLocalState({ name: "me" }));
    expect(others.values).toHaveLength(renders);
    await others.rerender();
    expect(others.values.length).toBeGreaterThan(renders);
    expect(others.now).toBe(before);
    expect(all.now.get(provider.awareness.clientID)).toEqual({ name: "me" });
    ada.setLocalState(null);
    await hear(provider, ada);
    expect(others.now.size).toBe(0);
    expect(all.onServer()).toEqual(new Map());
    ada.destroy();
  });

  test("somebody who comes between the render and the subscription is not missed", async () => {
    const { provider } = make();
    const ada = peer("Ada");
    let heard = false;
    const seen = await follow(provider, () => {
      const present = usePresence();
      if (!heard) {
        heard = true;
        applyAwarenessUpdate(provider.awareness, encodeAwarenessUpdate(ada, [ada.clientID]), "test");
      }
      return present;
    });
    expect(seen.values[0]?.size).toBe(0);
    expect(seen.now.size).toBe(1);
    ada.destroy();
  });

  test("the setter is always the same, leaves the fields of others, and null takes the entry away", async () => {
    const { provider } = make();
    provider.awareness.setLocalState({ cursor: 7 });
    const setter = await follow(provider, () => usePresenceSetter<{ name: string }>());
    const first = setter.now;
    await act(async () => first({ name: "Ada" }));
    expect(provider.awareness.getLocalState()).toEqual({ cursor: 7, name: "Ada" });
    await setter.rerender();
    expect(setter.values.length).toBeGreaterThan(1);
    expect(new Set(setter.values).size).toBe(1);
    await act(async () => first(null));
    expect(provider.awareness.getLocalState()).toBeNull();
    await act(async () => first({ name: "Ada" }));
    expect(provider.awareness.getLocalState()).toEqual({ name: "Ada" });
  });

  test("useAwareness and useProvider hand out the provider's own", async () => {
    const { provider } = make();
    const seen = await follow(provider, () => [useAwareness(), useProvider()]);
    expect(seen.now[0]).toBe(provider.awareness);
    expect(seen.now[1]).toBe(provider);
  });
});

describe("shared types", () => {
  test("a map, an array and a text render again when they change, deeply unless told otherwise", async () => {
    const { provider, doc } = make();
    const deep = await follow(provider, () => JSON.stringify([useMap("m"), useArray("a"), useText("t")]));
    const shallow = await follow(provider, () => useMap("m", { observe: "shallow" }).size);
    const none = await follow(provider, () => useMap("m", { observe: "none" }).size);
    const inner = new Y.Map<number>();
    await act(async () => {
      doc.getMap("m").set("inner", inner);
      doc.getArray("a").push([1]);
      doc.getText("t").insert(0, "x");
    });
    expect(deep.now).toBe('[{"inner":{}},[1],"x"]');
    const renders = shallow.values.length;
    await act(async () => inner.set("k", 1));
    expect(deep.now).toBe('[{"inner":{"k":1}},[1],"x"]');
    expect(shallow.now).toBe(1);
    expect(shallow.values).toHaveLength(renders);
    expect(none.values).toEqual([0]);
  });

  test("a change between the render and the subscription is not missed", async () => {
    const { provider, doc } = make();
    let changed = false;
    const seen = await follow(provider, () => {
      const { size } = useMap("m");
      if (!changed) {
        changed = true;
        doc.getMap("m").set("k", 1);
      }
      return size;
    });
    expect(seen.values[0]).toBe(0);
    expect(seen.now).toBe(1);
  });
});
