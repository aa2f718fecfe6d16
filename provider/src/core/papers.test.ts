import { expect, test } from "vitest";
import { certificateFields, decodeCertificate, encodeCertificate } from "./certificate.ts";
import { certificateFor } from "./testing/identity-world.ts";
import { World } from "./testing/world.ts";

test("ID7 a certificate is renewed before it expires, on the connection that is there", async () => {
  const world = new World(5).certify();
  const [anna, bert] = await world.pair();
  const links = world.service.links.length;
  const asked = world.server.calls.filter((call) => call === "negotiate").length;
  await world.clock.pass(3_600_000 * 0.8);
  expect(world.server.calls.filter((call) => call === "negotiate").length).toBe(asked + 2);
  expect(world.service.links).toHaveLength(links);
  expect([anna.replica.status, bert.replica.status]).toEqual(["connected", "connected"]);
});

test("ID7 a renewal that fails is tried again", async () => {
  const world = new World(5).certify();
  await world.joined("anna");
  const asked = world.server.calls.filter((call) => call === "negotiate").length;
  world.server.down();
  await world.clock.pass(3_600_000 * 0.76);
  world.server.upAgain();
  await world.clock.pass(60_000);
  expect(world.server.calls.filter((call) => call === "negotiate").length).toBeGreaterThan(asked + 1);
});

test("ID9 a new client id that could not be claimed at once is claimed soon after, the last of several too", async () => {
  const world = new World(5).certify();
  const [anna] = await world.pair();
  world.server.down();
  for (const text of ["first", "second"]) {
    anna.doc.clientID += 1;
    anna.text.insert(0, text);
    await world.clock.pass(1_000);
  }
  expect(world.server.claims.has(anna.doc.clientID)).toBe(false);
  world.server.fails = (call) =>
    call.startsWith("upload") ? { kind: "unreachable", message: "", retryAfterMs: null } : null;
  await world.clock.pass(120_000);
  expect(world.server.claims.get(anna.doc.clientID)).toBe("anna");
});

test("ID9 a client id that Yjs changed is claimed when a newcomer hears of it, also if nobody edits", async () => {
  const world = new World(5).certify();
  const [anna] = await world.pair();
  anna.awareness.setLocalState({ at: "home" });
  await world.clock.pass(3_000);
  const before = anna.doc.clientID;
  anna.doc.clientID += 1;
  await world.clock.pass(3_000);
  const carl = await world.joined("carl");
  await world.clock.pass(3_000);
  expect(carl.awareness.getStates().get(anna.doc.clientID)).toMatchObject({ at: "home" });
  expect(carl.awareness.getStates().has(before)).toBe(false);
  expect(world.server.claims.get(anna.doc.clientID)).toBe("anna");
});

test("ID7 a certificate's bytes: round trip; each cut and each foreign byte is a problem, never a throw", () => {
  const session = "AAAAAAAAAAAAAAAA" as never;
  const bytes = certificateFor("anna" as never, { session, clientIds: [1, 2 ** 32], generation: 1 });
  const decoded = decodeCertificate(bytes);
  if (!decoded.ok) throw new Error(decoded.problem);
  expect(encodeCertificate(decoded.value)).toEqual(bytes);
  for (let end = 0; end < bytes.length; end++) expect(decodeCertificate(bytes.subarray(0, end)).ok).toBe(false);
  expect(decodeCertificate(Uint8Array.from([...bytes, 0])).ok).toBe(false);
  expect(decodeCertificate(new Uint8Array(certificateFields.bytesMax + 1)).ok).toBe(false);
});
