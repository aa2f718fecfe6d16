import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { WebPubSubProvider } from "../provider.ts";
import {
  useConnectionStatus,
  useLinkState,
  useMap,
  usePresence,
  useRole,
  useSaveState,
  useSyncStatus,
  useYDoc,
  WebPubSubProviderContext,
  YDocProvider,
} from "./index.ts";

function Everything(): ReactNode {
  const { state, unsyncedChanges } = useSaveState();
  const facts = [useConnectionStatus(), useLinkState(), useSyncStatus(), useRole(), state, unsyncedChanges];
  return JSON.stringify([...facts, usePresence().size, useYDoc().guid, useMap("m").size]);
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

test("in Node, without a page, the fallback is rendered and nothing is left running", () => {
  expect(typeof window).toBe("undefined");
  const before = timers();
  const room = createElement(
    YDocProvider,
    { url: "http://127.0.0.1:1/collab", document: "board", fallback: "loading" },
    createElement(Everything),
  );
  expect(renderToString(room)).toBe("loading");
  expect(timers()).toBe(before);
});

test("in Node, every hook has a value over a provider that was given", () => {
  const doc = new Y.Doc({ guid: "id" });
  const provider = new WebPubSubProvider("http://127.0.0.1:1/collab", "board", doc, { connect: false });
  provider.awareness.setLocalState({ name: "Ada" });
  const page = createElement(WebPubSubProviderContext.Provider, { value: provider }, createElement(Everything));
  const expected = ["disconnected", "offline", false, null, "unknown", 0, 0, "id", 0];
  expect(renderToString(page).replaceAll("&quot;", '"')).toBe(JSON.stringify(expected));
  provider.destroy();
});
