import { afterEach, describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { ProviderError } from "./errors.ts";
import { resolveDocumentId, resolveOptions, resolveServerUrl } from "./options.ts";
import { WebPubSubProvider } from "./provider.ts";
import { WebPubSubConnection } from "./shared-connection/connection.ts";

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
    expect(() => resolveOptions(unknown)).toThrow(/"json\.reliable", "json", "protobuf\.reliable", "protobuf"/);
  });

  test("ID8 a subprotocol that names no sender needs signed identity, also on a shared connection", () => {
    for (const protocol of ["protobuf", "protobuf.reliable"] as const) {
      expect(() => resolveOptions({ protocol })).toThrow(/Add identity: "signed"/);
      expect(resolveOptions({ protocol, identity: "signed" })).toMatchObject({ protocol, identity: "signed" });
      const connection = new WebPubSubConnection("http://127.0.0.1:1/collab", { protocol });
      const options = { connect: false };
      expect(() => new WebPubSubProvider(connection, "board", new Y.Doc(), options)).toThrow(/Add identity: "signed"/);
      expect(connection.documents).toEqual([]);
    }
  });
});
