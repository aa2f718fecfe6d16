import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeJson } from "./json-decode.ts";
import { readUsual } from "./json-usual.ts";
import { decodeProtobuf } from "./protobuf-decode.ts";
import { readUsualSend } from "./protobuf-usual.ts";
import { bytesField, type Parts, textField, varintField } from "./protobuf-writer.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

const sends = fc.record({
  group: fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("a".repeat(1_025))),
  ackId: fc.option(fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n })), { nil: undefined }),
  noEcho: fc.option(fc.boolean(), { nil: undefined }),
  dataType: fc.constantFrom("text", "binary", "json"),
  data: fc.oneof(fc.string({ unit: "binary" }), fc.base64String()),
});
/** One byte or character of a message is replaced by another. */
const damage = fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { nil: undefined });

describe("what is sent most often is read as the same as any other spelling of it", () => {
  test(`in JSON (SEED=${seed})`, () => {
    let usual = 0;
    const check = fc.property(sends, damage, ({ group, ackId, noEcho, dataType, data }, damaged) => {
      const ack = ackId === undefined ? "" : `,"ackId":${ackId}`;
      const echo = noEcho === undefined ? "" : `,"noEcho":${noEcho}`;
      const [name, value] = [group, data].map((text) => JSON.stringify(text));
      const whole = `{"type":"sendToGroup","group":${name}${ack}${echo},"dataType":"${dataType}","data":${value}}`;
      const [at, code] = damaged ?? [whole.length, 32];
      const place = at % (whole.length + 1);
      const text = whole.slice(0, place) + String.fromCharCode(code) + whole.slice(place + 1);
      for (const sent of [whole, text]) {
        const message = readUsual(sent);
        if (message === undefined) continue;
        usual += 1;
        expect({ ok: true, message }).toEqual(decodeJson(`${sent} `));
      }
    });
    fc.assert(check, { seed, numRuns: 3_000 });
    expect(usual).toBeGreaterThan(500);
    expect(readUsual('{"type":"sequenceAck","sequenceId":12}')).toEqual({ type: "sequenceAck", sequenceId: 12 });
    const long = `{"type":"sendToGroup","group":"g","dataType":"text","data":"${"x".repeat(70_000)}"}`;
    expect(readUsual(long)).toBeUndefined();
    expect(decodeJson(long).ok).toBe(true);
  });

  test(`in protobuf (SEED=${seed})`, () => {
    let usual = 0;
    const check = fc.property(
      sends,
      damage,
      fc.boolean(),
      ({ group, ackId, noEcho, dataType, data }, damaged, late) => {
        const kinds = { text: 1, binary: 2, json: 4 } as const;
        const id: Parts = ackId === undefined ? [] : varintField(2, BigInt.asUintN(64, BigInt(ackId)));
        const echo: Parts = noEcho === undefined ? [] : varintField(4, noEcho ? 1n : 0n);
        const payload = bytesField(3, textField(kinds[dataType as keyof typeof kinds], data));
        const members = late ? [...payload, ...echo, ...id] : [...id, ...payload, ...echo];
        const whole = Buffer.concat(bytesField(1, [...textField(1, group), ...members]));
        const broken = Buffer.from(whole);
        if (damaged !== undefined) broken[damaged[0] % broken.length] = damaged[1];
        for (const sent of [whole, broken]) {
          const message = readUsualSend(sent);
          if (message === undefined) continue;
          usual += 1;
          // An unknown field at the end changes nothing, but is not usual.
          expect({ ok: true, message }).toEqual(decodeProtobuf(Buffer.concat([sent, ...varintField(15, 0n)])));
        }
      },
    );
    fc.assert(check, { seed, numRuns: 3_000 });
    expect(usual).toBeGreaterThan(500);
  });
});
