import { closeFrame, frame, more, opcodes, pingOf, pingWith, text } from "./websocket-frames.ts";

/**
 * What happens to a client of `json.webpubsub.azure.v1` that writes `bytes`:
 * `close`: the service closes with this code; undefined is a close frame without a code.
 * `lives`: the connection goes on, after so many answers to protocol pings (`pongs`) and to WebSocket pings (`echoes`).
 */
export interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly outcome:
    | { readonly close: number | undefined }
    | { readonly lives: true; readonly pongs: number; readonly echoes: number };
  /** Write so many bytes at a time. Default: all at once. */
  readonly piece?: number;
}

const mib = 1024 * 1024;
const { continuation, text: textOpcode, binary, close, ping, pong } = opcodes;
const message = '{"type":"ping"}';
const kinds = Object.entries(opcodes);
const hex = (digits: string) => Buffer.from(digits.replaceAll(" ", ""), "hex");

function closes(name: string, code: number | undefined, ...frames: readonly Buffer[]): Case {
  return { name, bytes: Buffer.concat(frames), outcome: { close: code } };
}

function lives(name: string, { pongs = 0, echoes = 0 }, ...frames: readonly Buffer[]): Case {
  return { name, bytes: Buffer.concat(frames), outcome: { lives: true, pongs, echoes } };
}

/** RFC 6455 5.2: reserved bits without an extension. */
const reservedBits: readonly Case[] = kinds.flatMap(([kind, opcode]) =>
  [1, 2, 3, 4, 5, 6, 7].map((reserved) =>
    closes(`reserved bits ${reserved} on ${kind}`, 1002, frame({ opcode, reserved, payload: message })),
  ),
);

const reservedOpcodes: readonly Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) =>
  [true, false].flatMap((fin) =>
    ["", "payload"].map((payload) =>
      closes(`opcode ${opcode}, fin ${fin}, payload '${payload}'`, 1002, frame({ opcode, fin, payload })),
    ),
  ),
);

/** RFC 6455 5.5. */
const controlFrames: readonly Case[] = [
  ...[0, 1, 2, 64, 124, 125].flatMap((length) => [
    lives(`ping of ${length} bytes`, { echoes: 1 }, frame({ opcode: ping, payload: "p".repeat(length) })),
    lives(`pong of ${length} bytes that nobody asked for`, {}, frame({ opcode: pong, payload: "p".repeat(length) })),
  ]),
  ...[126, 127, 200, 65_535, 65_536].flatMap((length) =>
    [ping, pong, close].map((opcode) =>
      closes(`control frame ${opcode} of ${length} bytes`, 1002, frame({ opcode, payload: Buffer.alloc(length, 3) })),
    ),
  ),
  ...[ping, pong, close].map((opcode) =>
    closes(`control frame ${opcode} that is not the last part`, 1002, frame({ opcode, fin: false }), more("", true)),
  ),
  ...[ping, pong].map((opcode) =>
    closes(`control frame ${opcode} whose length is written long`, 1002, frame({ opcode, payload: "p", lengthAs: 16 })),
  ),
  lives("a ping whose payload is no text", { echoes: 1 }, frame({ opcode: ping, payload: hex("ff fe 00 80") })),
  lives("ten pings", { echoes: 10 }, ...Array.from({ length: 10 }, () => frame({ opcode: ping, payload: "x" }))),
];

const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const wrongCodes = [0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 2000, 2999, 5000, 9999, 65_535];
const closeFrames: readonly Case[] = [
  ...validCodes.map((code) => closes(`close ${code} is answered alike`, code, closeFrame(code))),
  ...wrongCodes.map((code) => closes(`close ${code} is no code to send`, 1002, closeFrame(code))),
  closes("close without a code", undefined, frame({ opcode: close })),
  closes("close with half a code", 1002, frame({ opcode: close, payload: hex("03") })),
  closes("close with a reason", 1000, closeFrame(1000, "good bye")),
  closes("close with the longest reason", 1000, closeFrame(1000, "r".repeat(123))),
  closes("close with a reason of two bytes a letter", 1000, closeFrame(1000, "é".repeat(61))),
  closes("close with a reason that is no UTF-8", 1007, closeFrame(1000, hex("ff"))),
  closes("close with a reason cut inside a letter", 1007, closeFrame(1000, hex("c3"))),
  closes("close with a surrogate in its reason", 1007, closeFrame(1000, hex("ed a0 80"))),
  closes("nothing after a close counts", 1000, closeFrame(1000), text("{"), frame({ opcode: 3 })),
];

/** RFC 6455 5.4. */
const fragments: readonly Case[] = [
  lives("a message in two parts", { pongs: 1 }, text('{"type":', false), more('"ping"}', true)),
  lives("a message in single bytes", { pongs: 1 }, ...split(message, 1)),
  lives("a first part that is empty", { pongs: 1 }, text("", false), more(message, true)),
  lives("a last part that is empty", { pongs: 1 }, text(message, false), more("", true)),
  lives(
    "empty parts in between",
    { pongs: 1 },
    text(message, false),
    ...[1, 2, 3].map(() => more("", false)),
    more("", true),
  ),
  lives(
    "a ping between the parts is answered first",
    { pongs: 1, echoes: 1 },
    text('{"type":', false),
    frame({ opcode: ping, payload: "now" }),
    more('"ping"}', true),
  ),
  lives(
    "a pong between the parts",
    { pongs: 1 },
    text('{"type":', false),
    frame({ opcode: pong }),
    more('"ping"}', true),
  ),
  lives("two messages in parts", { pongs: 2 }, ...split(message, 4), ...split(message, 5)),
  closes("a close between the parts", 1000, text('{"type":', false), closeFrame(1000)),
  closes("a continuation of nothing", 1002, more(message, true)),
  closes("a continuation of nothing that goes on", 1002, more(message, false)),
  closes("a continuation after a whole message", 1002, text(message), more("", true)),
  closes("a text inside a message", 1002, text('{"type":', false), text(message)),
  closes("a binary inside a message", 1002, text('{"type":', false), frame({ opcode: binary, payload: "x" })),
  closes("a binary message in parts", 1003, frame({ opcode: binary, payload: "x", fin: false }), more("y", true)),
  closes(
    "more parts than anybody needs",
    1008,
    text("{", false),
    ...Array.from({ length: 16_385 }, () => more("", false)),
  ),
];

const goodText = [
  "24",
  "c2 a2",
  "df bf",
  "e0 a0 80",
  "e2 82 ac",
  "ed 9f bf",
  "ee 80 80",
  "ef bf bd",
  "ef bf be",
  "f0 90 80 80",
  "f0 9f 98 80",
  "f4 8f bf bf",
  "ef bb bf",
  "cc 88",
  "7f",
];
const badText = [
  ...[
    "80",
    "bf",
    "80 bf",
    "80 bf 80",
    "c0",
    "c0 af",
    "c1 bf",
    "c2",
    "df",
    "c2 c2",
    "e0",
    "e0 80 af",
    "e0 9f bf",
    "e0 a0",
  ],
  ...["e2 82", "e2 28 a1", "ed a0 80", "ed ad bf", "ed b0 80", "ed bf bf", "ed a0 80 ed b0 80", "f0", "f0 80 80 af"],
  ...["f0 8f bf bf", "f0 90 80", "f0 28 8c bc", "f4 90 80 80", "f5 80 80 80", "f8 88 80 80 80", "fc 84 80 80 80 80"],
  ...["fe", "ff", "fe fe ff ff", "c3 28", "a0 a1", "e2 82 28", "f0 9f 98", "f7 bf bf bf", "fb bf bf bf bf"],
];
const utf8: readonly Case[] = [
  ...goodText.map((digits) => lives(`text with ${digits}`, { pongs: 1 }, text(pingWith(hex(digits))))),
  ...goodText.slice(1).map((digits) => {
    const bytes = pingWith(hex(digits));
    return lives(`text with ${digits} in single bytes`, { pongs: 1 }, ...split(bytes, 1));
  }),
  ...badText.map((digits) => closes(`text with ${digits}`, 1007, text(pingWith(hex(digits))))),
  ...badText
    .filter((_digits, i) => i % 4 === 0)
    .map((digits) => closes(`text with ${digits} in single bytes`, 1007, ...split(pingWith(hex(digits)), 1))),
];

const lengths: readonly Case[] = [
  ...[22, 125, 126, 127, 128, 65_535, 65_536, 65_537, mib - 1, mib].map((bytes) =>
    lives(`a message of ${bytes} bytes`, { pongs: 1 }, text(pingOf(bytes))),
  ),
  ...[mib - 1, mib].map((bytes) => lives(`${bytes} bytes in parts`, { pongs: 1 }, ...split(pingOf(bytes), 65_521))),
  closes("a message of 1 MiB + 1", 1009, text(pingOf(mib + 1))),
  closes("a binary message of 1 MiB + 1", 1009, frame({ opcode: binary, payload: Buffer.alloc(mib + 1) })),
  closes("1 MiB + 1 in parts", 1009, ...split(pingOf(mib + 1), 65_521)),
  closes("1 MiB + 1 by a last part of one byte", 1009, ...split(pingOf(mib + 1), mib)),
  ...[2n ** 20n + 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n].map(
    (said) =>
      closes(`a length of ${said} that nobody will send`, 1009, frame({ opcode: textOpcode, lengthSaid: said })),
  ),
  // RFC 6455 5.2 wants the shortest form; like most servers, this one reads the longer ones too.
  ...([16, 64] as const).map((lengthAs) =>
    lives(
      `a length written in ${lengthAs} bits`,
      { pongs: 1 },
      frame({ opcode: textOpcode, payload: message, lengthAs }),
    ),
  ),
  closes("an empty message", 1007, text("")),
  closes("an empty binary message", 1003, frame({ opcode: binary })),
];

const masks: readonly Case[] = [
  ...kinds.map(([kind, opcode]) =>
    closes(`${kind} without a mask`, 1002, frame({ opcode, payload: message, mask: undefined })),
  ),
  ...(
    [
      [0, 0, 0, 0],
      [255, 255, 255, 255],
      [1, 0, 0, 0],
      [0, 0, 0, 128],
      [0x7b, 0x22, 0x74, 0x79],
    ] as const
  ).map((mask) =>
    lives(`a mask of ${mask.join(" ")}`, { pongs: 1 }, frame({ opcode: textOpcode, payload: message, mask })),
  ),
  closes(
    "the second frame without a mask",
    1002,
    text(message),
    frame({ opcode: textOpcode, payload: message, mask: undefined }),
  ),
  closes("noise", 1002, hex("ff ff ff ff ff ff ff ff")),
  closes("an HTTP request", 1002, Buffer.from("GET / HTTP/1.1\r\n\r\n")),
];

const pieces: readonly Case[] = [1, 2, 3, 5, 7, 13].flatMap((piece) => [
  {
    ...lives(
      `${piece} bytes at a time`,
      { pongs: 2, echoes: 1 },
      text(message),
      frame({ opcode: ping }),
      text(pingOf(130)),
    ),
    piece,
  },
  { ...closes(`${piece} bytes at a time, the last frame wrong`, 1002, text(message), frame({ opcode: 5 })), piece },
]);

export const cases: readonly Case[] = [
  ...[...reservedBits, ...reservedOpcodes, ...controlFrames, ...closeFrames, ...fragments],
  ...[...utf8, ...lengths, ...masks, ...pieces],
];

/** One message in parts of so many bytes. */
function split(whole: Buffer | string, size: number): Buffer[] {
  const bytes = typeof whole === "string" ? Buffer.from(whole, "utf8") : whole;
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const opcode = at === 0 ? textOpcode : continuation;
    parts.push(frame({ opcode, payload: bytes.subarray(at, at + size), fin: at + size >= bytes.length }));
  }
  return parts;
}
