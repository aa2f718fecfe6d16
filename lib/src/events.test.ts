import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isSigned } from "./events.ts";

const keys = ["the first access key of the service!", "the second access key of the service"];
const sign = (connectionId: string, key: string) => createHmac("sha256", key).update(connectionId).digest("hex");
const [first = "", second = ""] = keys.map((key) => sign("c1", key));

describe("webhook spoofing: the signature of an event", () => {
  test.each([
    ["of the first key", `sha256=${first}`],
    ["of the second key", `sha256=${second}`],
    ["of both", `sha256=${first},sha256=${second}`],
    ["of both, the wrong one first", `sha256=${"0".repeat(64)}, sha256=${second}`],
    ["in upper case", `SHA256=${first.toUpperCase()}`],
  ])("%s is believed", (_name, header) => {
    expect(isSigned(header, "c1", keys)).toBe(true);
  });

  test.each([
    ["none", ""],
    ["an empty one", "sha256="],
    ["commas", ",".repeat(500)],
    ["half of it", `sha256=${first.slice(0, 32)}`],
    ["one digit less", `sha256=${first.slice(0, -1)}`],
    ["one digit more", `sha256=${first}0`],
    ["another digit", `sha256=${first.startsWith("0") ? "1" : "0"}${first.slice(1)}`],
    ["of another connection", `sha256=${sign("c2", keys[0] ?? "")}`],
    ["of another key", `sha256=${sign("c1", "another")}`],
    ["of an empty key", `sha256=${sign("c1", "")}`],
    ["no hexadecimal", `sha256=${"z".repeat(64)}`],
    ["in base64", `sha256=${Buffer.from(first, "hex").toString("base64")}`],
    ["longer than is read", `${"sha256=00,".repeat(100)}sha256=${first}`],
  ])("%s is not believed", (_name, header) => {
    expect(isSigned(header, "c1", keys)).toBe(false);
  });

  test("nothing is believed without a connection or without keys", () => {
    expect(isSigned(`sha256=${sign("", keys[0] ?? "")}`, "", keys)).toBe(false);
    expect(isSigned(`sha256=${first}`, "c1", [])).toBe(false);
  });
});
