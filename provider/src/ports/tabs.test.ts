import { afterEach, describe, expect, test, vi } from "vitest";
import { DropCounts } from "../core/drops.ts";
import type { TabLink, TabMessage } from "../core/ports.ts";
import { browserTabs } from "./tabs.ts";

const place = { server: "http://localhost/collab", document: "board" };
const message: TabMessage = { sender: "AAAAAAAAAAAAAAAA.ada", generation: 1, bytes: Uint8Array.of(1, 2, 3) };

describe("tabs over a BroadcastChannel", () => {
  const links: TabLink[] = [];
  const channels: BroadcastChannel[] = [];
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
    for (const channel of channels.splice(0)) channel.close();
    vi.unstubAllGlobals();
  });

  function open(where: typeof place) {
    const drops = new DropCounts();
    const heard: TabMessage[] = [];
    const waiting: (() => void)[] = [];
    const link = browserTabs(where, drops)?.open((one) => {
      heard.push(one);
      for (const go of waiting.splice(0)) go();
    });
    if (link === undefined) throw new Error("there are channels here");
    links.push(link);
    return { link, heard, drops, next: () => new Promise<void>((resolve) => waiting.push(resolve)) };
  }

  test("TB1 a message reaches the other tabs of the document, not the own one, not another document's", async () => {
    const [left, right, other] = [open(place), open(place), open({ ...place, document: "other" })];
    const arrived = right.next();
    left.link.post(message);
    await arrived;
    expect(right.heard).toEqual([message]);
    expect([left.heard, other.heard]).toEqual([[], []]);
  });

  test("TB1 what is no message of ours is dropped and counted", async () => {
    const [left, right] = [open(place), open(place)];
    const stranger = new BroadcastChannel(JSON.stringify(["y-webpubsub", place.server, place.document]));
    channels.push(stranger);
    for (const nonsense of [null, "text", {}, { ...message }, { ...message, version: 2 }, { version: 1, sender: 1 }]) {
      stranger.postMessage(nonsense);
    }
    const arrived = right.next();
    // Messages of one origin arrive in order: after these nothing of the stranger's is under way to `right`.
    stranger.postMessage({ version: 1, ...message });
    await arrived;
    expect(right.drops.count("foreign-tab")).toBe(6);
    expect(right.heard).toEqual([message]);
    left.link.close();
    left.link.close();
  });

  test("without channels there are no tabs", () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    expect(browserTabs(place, new DropCounts())).toBeNull();
  });
});
