import type { Request } from "express";
import { describe, expect, test } from "vitest";
import type { DocumentId, UserId } from "y-webpubsub/core";
import { Metrics } from "./metrics.ts";
import { addressOf, defaultRates, RateGate } from "./rate-limits.ts";

const from = (ip: string | undefined, remoteAddress?: string) =>
  ({ ip, socket: { remoteAddress } }) as unknown as Request;

describe("whom a limit counts", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:DB8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["nonsense", "nonsense"],
  ])("%s is counted as %s", (ip, counted) => {
    expect(addressOf(from(ip))).toBe(counted);
  });

  test("without what Express says, the peer is counted", () => {
    expect(addressOf(from(undefined, "192.0.2.7"))).toBe("192.0.2.7");
    expect(addressOf(from(undefined))).toBe("unknown");
  });
});

describe("the rate gate", () => {
  const ada = "ada" as UserId;
  const document = "d" as DocumentId;

  test("lets an ordinary hour of work pass, of a class behind one address", () => {
    const clock = { now: 0 };
    const gate = new RateGate(defaultRates, { now: () => clock.now, metrics: new Metrics() });
    const users = Array.from({ length: 40 }, (_, index) => `pupil ${index}` as UserId);
    for (const user of users) {
      for (let reconnect = 0; reconnect < 5; reconnect++) {
        gate.arrived(from("192.0.2.1"));
        gate.negotiated(user);
      }
    }
    for (let second = 0; second < 3_600; second++) {
      clock.now += 1_000;
      for (const user of users) {
        gate.arrived(from("192.0.2.1"));
        gate.uploading(user, document);
        gate.received(user, 2_000);
        gate.reading(user);
      }
    }
  });

  test("refuses with 429 and a time to wait, counts what it refused, and can be switched off", () => {
    const metrics = new Metrics();
    const rates = { ...defaultRates, upload: { burst: 1, perSecond: 0.1 } };
    const gate = new RateGate(rates, { now: () => 0, metrics });
    gate.uploading(ada, document);
    expect(() => gate.uploading(ada, document)).toThrow(
      expect.objectContaining({ code: "too-many-requests", status: 429, retryAfterS: 10 }),
    );
    expect(metrics.all()).toEqual({ "rate-limited-upload": 1 });
    const off = new RateGate("off", { now: () => 0, metrics });
    for (let at = 0; at < 10_000; at++) {
      off.arrived(from("192.0.2.1"));
      off.refused(from("192.0.2.1"));
      off.uploading(ada, document);
    }
  });
});
