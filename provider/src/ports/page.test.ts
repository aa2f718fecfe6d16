import { afterEach, describe, expect, test } from "vitest";
import { watchPage } from "./page.ts";

type PageGlobals = { window?: EventTarget; document?: EventTarget & { visibilityState: string } };
const globals = globalThis as PageGlobals;

afterEach(() => {
  delete globals.window;
  delete globals.document;
});

function page() {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  globals.window = window;
  globals.document = document;
  const told: string[] = [];
  const stop = watchPage({
    flush: ({ leaving }) => told.push(leaving ? "leave" : "flush"),
    wake: (reason) => told.push(reason),
  });
  return { window, document, told, stop };
}

describe("the life of a page", () => {
  test("DU1 PR3 it saves on blur and when hidden, and takes leave on pagehide", () => {
    const { window, document, told } = page();
    window.dispatchEvent(new Event("blur"));
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("pagehide"));
    expect(told).toEqual(["flush", "flush", "leave"]);
  });

  test("CN8 it wakes on focus, when shown, online, thawed, and back from the cache", () => {
    const { window, document, told } = page();
    window.dispatchEvent(new Event("focus"));
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("resume"));
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
    expect(told).toEqual(["focus", "focus", "online", "resume", "resume"]);
  });

  test("nothing is heard after the end, and outside a page there is nothing to hear", () => {
    const { window, document, told, stop } = page();
    stop();
    for (const name of ["blur", "focus", "pagehide", "online"]) window.dispatchEvent(new Event(name));
    document.dispatchEvent(new Event("visibilitychange"));
    expect(told).toEqual([]);

    delete globals.window;
    expect(() => watchPage({ flush: () => undefined, wake: () => undefined })()).not.toThrow();
  });
});
