// @vitest-environment jsdom
import { Activity, act, Component, createElement, type ReactNode, StrictMode, Suspense, use } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { WebPubSubProvider } from "../provider.ts";
import { useProvider, useYDoc, YDocProvider, type YDocProviderProps } from "./index.ts";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const url = "http://127.0.0.1:1/collab";
const connected: WebPubSubProvider[] = [];
const destroyed = new Set<WebPubSubProvider>();
const roots: Root[] = [];
const signals: AbortSignal[] = [];
let timers = 0;

beforeEach(() => {
  vi.spyOn(WebPubSubProvider.prototype, "connect").mockImplementation(function (this: WebPubSubProvider) {
    // As the real one: a destroyed provider stays away.
    if (!destroyed.has(this)) connected.push(this);
  });
  const destroy = WebPubSubProvider.prototype.destroy;
  vi.spyOn(WebPubSubProvider.prototype, "destroy").mockImplementation(function (this: WebPubSubProvider) {
    destroyed.add(this);
    destroy.call(this);
  });
  watchListeners(window);
  watchListeners(document);
  countTimers();
});

afterEach(async () => {
  await act(async () => {
    for (const root of roots.splice(0)) root.unmount();
  });
  vi.restoreAllMocks();
  connected.length = 0;
  destroyed.clear();
  signals.length = 0;
  timers = 0;
});

/** The provider's listeners go with a signal; React's own, without one, stay for good. */
function watchListeners(target: EventTarget): void {
  const { addEventListener } = target;
  vi.spyOn(target, "addEventListener").mockImplementation((...args: Parameters<typeof addEventListener>) => {
    const options = args[2];
    if (typeof options === "object" && options.signal !== undefined) signals.push(options.signal);
    addEventListener.apply(target, args);
  });
}

function pageListeners(): number {
  return signals.filter((signal) => !signal.aborted).length;
}

/** Intervals only: Awareness and nobody else here owns one. */
function countTimers(): void {
  const { setInterval, clearInterval } = globalThis;
  const open = new Set<unknown>();
  vi.spyOn(globalThis, "setInterval").mockImplementation(((...args: Parameters<typeof setInterval>) => {
    const timer = setInterval(...args);
    open.add(timer);
    timers = open.size;
    return timer;
  }) as typeof setInterval);
  vi.spyOn(globalThis, "clearInterval").mockImplementation(((timer: Parameters<typeof clearInterval>[0]) => {
    open.delete(timer);
    timers = open.size;
    clearInterval(timer);
  }) as typeof clearInterval);
}

/** Shows the document's id, and hands out what it sees. */
function Probe({ seen }: { readonly seen: (provider: WebPubSubProvider, doc: Y.Doc) => void }): ReactNode {
  const provider = useProvider();
  seen(provider, useYDoc());
  return provider.documentId;
}

async function mount(element: ReactNode) {
  const place = document.createElement("div");
  const root = createRoot(place);
  roots.push(root);
  await act(async () => root.render(element));
  return { place, root, render: (next: ReactNode) => act(async () => root.render(next)) };
}

function room(
  props: Partial<YDocProviderProps>,
  seen: (provider: WebPubSubProvider, doc: Y.Doc) => void = () => undefined,
) {
  return createElement(YDocProvider, { url, document: "board", ...props }, createElement(Probe, { seen }));
}

describe("YDocProvider", () => {
  test("makes a provider, connects it once, and destroys it with its document when unmounted", async () => {
    const seen = vi.fn();
    const { place, root } = await mount(room({}, seen));
    expect(place.textContent).toBe("board");
    const [provider, doc] = seen.mock.lastCall as [WebPubSubProvider, Y.Doc];
    expect(provider.doc).toBe(doc);
    expect(connected).toEqual([provider]);
    expect(pageListeners()).toBeGreaterThan(0);
    await act(async () => root.unmount());
    expect(destroyed).toEqual(new Set([provider]));
    expect(doc.isDestroyed).toBe(true);
    expect([pageListeners(), timers]).toEqual([0, 0]);
  });

  test("StrictMode mounts twice: one connection, and nothing is left of the provider that was dropped", async () => {
    const doc = new Y.Doc();
    const seen = vi.fn();
    const { root } = await mount(createElement(StrictMode, null, room({ doc }, seen)));
    const provider = (seen.mock.lastCall as [WebPubSubProvider])[0];
    expect(connected).toEqual([provider]);
    expect(destroyed.size).toBe(1);
    expect(destroyed).not.toContain(provider);
    expect(pageListeners()).toBe(signals.length / 2);
    await act(async () => root.unmount());
    expect(destroyed.size).toBe(2);
    expect([pageListeners(), timers]).toEqual([0, 0]);
    // Given documents stay, without listeners of ours.
    expect(doc.isDestroyed).toBe(false);
    expect(doc._observers.get("update")).toBeUndefined();
  });

  test("StrictMode asks the server once, and unmounting takes the request back", async () => {
    vi.mocked(WebPubSubProvider.prototype.connect).mockRestore();
    const asked: RequestInit[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation((_url, init = {}) => {
      asked.push(init);
      return new Promise(() => undefined);
    });
    const { root } = await mount(createElement(StrictMode, null, room({})));
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
    await act(async () => undefined);
    expect(asked.map(({ signal }) => signal?.aborted)).toEqual([false]);
    await act(async () => root.unmount());
    expect(asked.map(({ signal }) => signal?.aborted)).toEqual([true]);
  });

  test("hidden by an Activity it leaves; shown again it comes back, and nobody meets the provider that is gone", async () => {
    const gone: boolean[] = [];
    const seen = (provider: WebPubSubProvider) => gone.push(destroyed.has(provider));
    const inside = (mode: "visible" | "hidden") => {
      const props = { mode, children: room({}, seen) };
      return createElement(Activity, props);
    };
    const { place, render } = await mount(inside("visible"));
    await render(inside("hidden"));
    expect([connected.length, destroyed.size]).toEqual([1, 1]);
    await render(inside("visible"));
    expect(place.textContent).toBe("board");
    expect([connected.length, destroyed.size]).toEqual([2, 1]);
    expect(gone).not.toContain(true);
  });

  test("another document is another provider; nobody sees the old one under the new name", async () => {
    const pairs = new Set<string>();
    const { place, render } = await mount(room({}, (provider) => pairs.add(provider.documentId)));
    await render(room({ document: "minutes" }, (provider) => pairs.add(`new ${provider.documentId}`)));
    expect(place.textContent).toBe("minutes");
    expect(pairs).toEqual(new Set(["board", "new minutes"]));
    expect(connected.map((provider) => provider.documentId)).toEqual(["board", "minutes"]);
    expect([...destroyed].map((provider) => provider.documentId)).toEqual(["board"]);
  });

  test("other options alone change nothing; the next provider gets the latest ones", async () => {
    const seen = vi.fn();
    const { render } = await mount(room({ options: { params: { a: "1" } } }, seen));
    const [first] = seen.mock.lastCall as [WebPubSubProvider];
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    await render(room({ options: { awareness, connect: false } }, seen));
    expect((seen.mock.lastCall as [WebPubSubProvider])[0]).toBe(first);
    await render(room({ doc, options: { awareness, connect: false } }, seen));
    expect((seen.mock.lastCall as [WebPubSubProvider])[0].awareness).toBe(awareness);
    expect(connected).toEqual([first]);
    awareness.destroy();
  });

  test("after a reload the components get the new document, and unmounting destroys that one only", async () => {
    const given = new Y.Doc();
    const fresh = new Y.Doc();
    const seen = vi.fn();
    const { root } = await mount(room({ doc: given }, seen));
    const [provider] = seen.mock.lastCall as [WebPubSubProvider];
    vi.spyOn(provider, "doc", "get").mockReturnValue(fresh);
    await act(async () => provider.emit("reload", [fresh, "update-rejected"]));
    expect(seen.mock.lastCall).toEqual([provider, fresh]);
    await act(async () => root.unmount());
    expect([given.isDestroyed, fresh.isDestroyed]).toEqual([false, true]);
  });

  test("on a server it renders the fallback, makes nothing, and the page hydrates it", async () => {
    const element = room({ fallback: "loading" });
    const html = renderToString(element);
    expect(html).toBe("loading");
    expect([connected.length, signals.length, timers]).toEqual([0, 0, 0]);
    const place = document.createElement("div");
    place.innerHTML = html;
    const problems: unknown[] = [];
    await act(async () => {
      roots.push(hydrateRoot(place, element, { onRecoverableError: (error) => problems.push(error) }));
    });
    expect(place.textContent).toBe("board");
    expect(problems).toEqual([]);
  });

  test("a render that never commits makes nothing", async () => {
    const never = new Promise<string>(() => undefined);
    const Waits = (): ReactNode => use(never);
    await mount(createElement(Suspense, { fallback: "waiting" }, room({}), createElement(Waits)));
    expect([connected.length, signals.length, timers]).toEqual([0, 0, 0]);
  });

  test("an id that cannot work reaches the error boundary", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { place } = await mount(createElement(Boundary, null, room({ document: "" })));
    expect(place.textContent).toBe("bad-document-id");
  });

  test("a hook outside of it says what to do", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { place } = await mount(createElement(Boundary, null, createElement(Probe, { seen: () => undefined })));
    expect(place.textContent).toContain("Put a <YDocProvider> around");
  });
});

class Boundary extends Component<{ readonly children?: ReactNode }, { readonly text: string | null }> {
  override state = { text: null };
  static getDerivedStateFromError(error: Error & { readonly code?: string }): { readonly text: string } {
    return { text: error.code ?? error.message };
  }
  override render(): ReactNode {
    return this.state.text ?? this.props.children;
  }
}
