import { afterEach, describe, expect, test, vi } from "vitest";
import { ProviderError } from "./errors.ts";
import { resolveDocumentId, resolveOptions, resolveServerUrl } from "./options.ts";

afterEach(() => vi.unstubAllGlobals());

describe("the provider's arguments", () => {
  test("a server URL may be absolute, a WebSocket one, or relative to the page", () => {
    expect(String(resolveServerUrl("https://example.com/collab"))).toBe("https://example.com/collab");
    expect(String(resolveServerUrl("ws://localhost:1234"))).toBe("http://localhost:1234/");
    expect(String(resolveServerUrl("wss://example.com/x"))).toBe("https://example.com/x");
    vi.stubGlobal("location", { href: "https://example.com/b/room" });
    expect(String(resolveServerUrl("/collab"))).toBe("https://example.com/collab");
  });

  test("a server URL that is none is refused with an example", () => {
    for (const url of ["", "/collab", "javascript:alert(1)", "file:///x"]) {
      expect(() => resolveServerUrl(url)).toThrow(ProviderError);
      expect(() => resolveServerUrl(url)).toThrow(/e\.g\./);
    }
  });

  test("document ids are normalised and bounded", () => {
    expect(resolveDocumentId("Ku\u0308che")).toBe("Küche");
    expect(resolveDocumentId("x".repeat(256))).toHaveLength(256);
    for (const id of ["", "x".repeat(257), "a\nb", "\ud800"])
      expect(() => resolveDocumentId(id)).toThrow(ProviderError);
  });

  test("ID8 identity is stamped unless asked otherwise, and nothing else than signed can be asked", () => {
    expect(resolveOptions({}).identity).toBe("stamped");
    expect(resolveOptions({ identity: "signed" }).identity).toBe("signed");
    expect(() => resolveOptions({ identity: "trusted" as never })).toThrow(ProviderError);
  });

  test("what is left out has a default; an unknown protocol is refused", () => {
    expect(resolveOptions({})).toMatchObject({ connect: true, protocol: "json.reliable", credentials: "same-origin" });
    const unknown = { protocol: "mqtt" as "json" };
    expect(() => resolveOptions(unknown)).toThrow(/"json\.reliable" or "json"/);
  });
});
