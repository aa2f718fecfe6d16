import { describe, expect, test, vi } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { Log, type LogLine, reasonOf } from "./log-line.ts";

describe("the log", () => {
  test("names documents by a hash that needs the connection string", () => {
    const document = "board 1" as DocumentId;
    const one = new Log(() => undefined, "secret");
    expect(one.hash(document)).toBe(new Log(() => undefined, "secret").hash(document));
    expect(one.hash(document)).not.toBe(new Log(() => undefined, "other").hash(document));
    expect(one.hash(document)).not.toContain("board");
  });

  test("a reason holds no token and no key", () => {
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
    const words = reasonOf(
      new Error(`GET wss://h/client?access_token=${token}&x=1 with AccessKey=abc123; and ${token}`),
    );
    expect(words).not.toMatch(/eyJ|abc123/);
    expect(words).toContain("x=1");
    expect(reasonOf(new Error("x".repeat(10_000))).length).toBeLessThanOrEqual(500);
  });

  test.each([
    "connect ECONNREFUSED postgres://app:canary@db:5432/documents",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=canary==;EndpointSuffix=x",
    "401 for GET https://a.blob.core.windows.net/c?sv=1&sig=canary%3D&x=1",
    "request failed with authorization: Bearer canary",
    "header Basic canary=",
    "cookie: session=canary; other=canary",
    "Set-Cookie: canary=1",
    "password=canary",
  ])("a reason holds no secret: %s", (words) => {
    expect(reasonOf(new Error(words))).not.toContain("canary");
  });

  test("a sink that throws breaks nothing, is told of once, and is not asked again", () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const seen: LogLine[] = [];
    const log = new Log((line) => {
      seen.push(line);
      throw new Error("disk full");
    }, "secret");
    log.write({ level: "info", event: "one" });
    log.write({ level: "info", event: "two" });
    expect(seen.map(({ event }) => event)).toEqual(["one"]);
    expect(stderr.mock.calls.map(([text]) => JSON.parse(String(text)).event)).toEqual(["log-sink-failed"]);
    stderr.mockRestore();
  });
});
