import { describe, expect, test } from "vitest";
import { decodeHead, decodeReceipt, decodeTicket } from "./answers.ts";

const ticket = {
  protocol: 1,
  url: "wss://example.com/client/hubs/collab?access_token=t",
  userId: "ada",
  role: "reader",
  mode: "direct",
  groups: { data: "d1", presence: "p1" },
  generation: 0,
  accessEpoch: 0,
  head: "",
  snapshot: null,
  serverKey: Buffer.alloc(32, 251).toString("base64url"),
  clash: [],
  limits: { uploadBytes: 1_000_000 },
};
const receipt = {
  generation: 3,
  session: "AAAAAAAAAAAAAAAA",
  upload: 2,
  hash: Buffer.alloc(32, 255).toString("base64"),
  cursor: "c10",
  seqTo: 4,
  signature: Buffer.alloc(64, 2).toString("base64url"),
};

describe("the server's JSON", () => {
  test("an empty document's ticket has an empty head and no snapshot", () => {
    expect(decodeTicket(ticket)).toMatchObject({ ok: true, value: { head: "", snapshot: null, role: "reader" } });
  });

  const malformed: readonly [string, unknown][] = [
    ["no object", 7],
    ["another protocol", { ...ticket, protocol: 2 }],
    ["an unknown role", { ...ticket, role: "admin" }],
    ["a short key", { ...ticket, serverKey: "AAAA" }],
    ["a key that is no base64", { ...ticket, serverKey: "~" }],
    ["a URL that is none of a socket", { ...ticket, url: "javascript:alert(1)" }],
    ["no groups", { ...ticket, groups: undefined }],
    ["a generation that is no number", { ...ticket, generation: "3" }],
    ["client ids that are none", { ...ticket, clash: [-1] }],
  ];
  test.each(malformed)("a ticket with %s is a problem", (_what, body) => {
    const decoded = decodeTicket(body);
    expect(decoded).toEqual({ ok: false, problem: expect.stringMatching(/ is missing or misshapen$/) });
  });

  test("bytes are read from base64 and base64url alike", () => {
    const decoded = decodeReceipt(receipt);
    expect(decoded.ok && [...decoded.value.hash]).toEqual(Array(32).fill(255));
    expect(decoded.ok && decoded.value.signature.length).toBe(64);
    for (const hash of ["AAAAA", "AA=A", 7, "A".repeat(44)]) {
      expect(decodeReceipt({ ...receipt, hash })).toEqual({ ok: false, problem: "hash is missing or misshapen" });
    }
  });

  test("a head matches, does not, or cannot tell", () => {
    const head = { generation: 1, cursor: "c", match: null };
    expect(decodeHead(head)).toEqual({ ok: true, value: { ...head, state: null } });
    expect(decodeHead({ ...head, match: true })).toMatchObject({ ok: true, value: { match: true } });
    expect(decodeHead({ ...head, match: "yes" }).ok).toBe(false);
    expect(decodeHead(null).ok).toBe(false);
    expect(decodeHead([]).ok).toBe(false);
  });
});
