import { type AttackRow, held, peer, presence, proof, update, upload } from "./row.ts";

/** What was found to hang, poison or falsify Yjs and y-protocols. */
export const byteRows: readonly AttackRow[] = [
  {
    id: "B1",
    attempt: "an over-long number in a presence entry",
    outcome: "refused: numbers have at most 8 bytes and 2^53 - 1",
    proofs: presence("Infinity as a clock", "Infinity as a client id"),
  },
  {
    id: "B2",
    attempt: "the same in a struct or a deletion, also where updates are only merged",
    outcome: "refused before any function of Yjs or lib0 gets the bytes",
    proofs: [
      ...update(
        "Infinity as a GC length",
        "Infinity as a client id",
        "Infinity as a clock",
        "Infinity as a delete length",
      ),
      upload("DU9 a varint that never ends"),
      proof("provider/src/core/validate-update.test.ts", "each refusal ends, however much the bytes promise"),
    ],
  },
  {
    id: "B3",
    attempt: "deep JSON in an embed, a format or legacy content",
    outcome: "refused by a depth scan that uses no stack",
    proofs: [
      ...update("deep JSON in an embed", "deep JSON in a format", "deep JSON in legacy JSON content"),
      proof("provider/src/core/json-depth.test.ts", "depth: N passes, N + 1 does not, and 10,000 costs no stack"),
    ],
  },
  {
    id: "B4",
    attempt: "thousands of maps, each in the one before",
    outcome: "never live; as an upload it is tried first and left out if it cannot be read",
    proofs: [
      proof(
        "provider/src/core/validate-update.test.ts",
        "5,000 maps in one another are a valid upload, but too large to be live: depth is checked after a trial apply",
      ),
      proof("lib/src/core/fold.test.ts", "DU9 an update that applies and can never be written again is found too"),
    ],
  },
  {
    id: "B5",
    attempt: "one valid update that Yjs searches quadratically",
    outcome: "never live; in the log a worker with a deadline gives it up and keeps the rest",
    proofs: [
      proof(
        "provider/src/core/validate-update.test.ts",
        "the quadratic conflict scan is a valid upload, but too large to be live",
      ),
      proof(
        "lib/src/worker/folder.test.ts",
        "DU9 updates that alone take most of the time are answered as bad, wherever they stand",
      ),
    ],
  },
  {
    id: "B6",
    attempt: "tens of thousands of invented clients, with or without gaps",
    outcome: "refused: a live update has few clients, all of them the sender's",
    proofs: update("60,000 clients, each with a gap", "a GC struct for 100,000 fake clients"),
  },
  {
    id: "B7",
    attempt: "counts far beyond the bytes that follow",
    outcome: "refused before anything is allocated",
    proofs: update("32 million structs announced, none there", "a billion elements announced in any"),
  },
  {
    id: "B8",
    attempt: "V2 bytes, whose run lengths can say repeat for ever",
    outcome: "refused: a client's bytes are V1",
    proofs: [proof("provider/src/core/validate-update.test.ts", "V2 bytes, also of an empty document")],
  },
  {
    id: "B9",
    attempt: "many updates that each leave a new gap",
    outcome: "held outside of Yjs in a bounded buffer; the server asks for what is lacking and stores nothing",
    proofs: [held("a gap that would be parked"), upload("DU7 structs after a hole")],
  },
  {
    id: "B10",
    attempt: "100,000 root names, then an error",
    outcome: "refused as a whole: no name is made",
    proofs: update("100,000 root names, then an error"),
  },
  {
    id: "B11",
    attempt: "an update of which half can be applied",
    outcome: "refused; and a document that Yjs threw at is replaced by a fresh one from the log",
    proofs: [
      ...update("a good struct, then one whose origin is its own future"),
      proof(peer, "SY11 half-applied updates: what Yjs throws at leaves a fresh document, with all that was saved"),
    ],
  },
  {
    id: "B12",
    attempt: "clock theft",
    outcome: "held, never applied: structs belong to ids of the sender",
    proofs: [held("clock theft")],
  },
  {
    id: "B13",
    attempt: "a deletion of the future",
    outcome: "held, never applied nor parked",
    proofs: [held("a deletion of the future")],
  },
  {
    id: "B14",
    attempt: "the largest presence clock for a victim",
    outcome: "dropped: not the sender's id, and a leap of the clock",
    proofs: presence("the largest clock for a victim"),
  },
  {
    id: "B15",
    attempt: "50,000 presence entries in one message",
    outcome: "dropped",
    proofs: presence("50,000 invented clients"),
  },
  {
    id: "B16",
    attempt: "a key that reaches a prototype",
    outcome: "refused, however it is written",
    proofs: [
      ...update(
        "a __proto__ map key",
        "a __proto__ key in an embed",
        "an escaped __proto__ key in an embed",
        "a __proto__ key in any",
      ),
      ...presence("a __proto__ key"),
    ],
  },
  {
    id: "B17",
    attempt: "markup in an XML type",
    outcome: "no part of the project makes HTML of text",
    proofs: [
      proof("test/attack.test.ts", "no source makes HTML of text: Yjs escapes nothing when XML types become strings"),
    ],
  },
  {
    id: "B18",
    attempt: "random damage",
    outcome: "a checksum finds it; what is valid all the same harms nothing",
    proofs: [
      proof("provider/src/core/frame.test.ts", "every cut and every flipped bit is a problem, never a throw"),
      proof("provider/src/core/validate-update.fuzz.test.ts", "mutations and the validator, Yjs survives too"),
      proof(
        "lib/src/storage/damage.test.ts",
        "record with a flipped bit or cut short is corrupt, for its document only",
      ),
    ],
  },
];
