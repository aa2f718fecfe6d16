import { type AttackRow, peer, presence, proof, update, upload } from "./row.ts";

const attacks = "test/e2e/attacks.test.ts";
const overTheWire = proof(attacks, "H3 H6 H8 H9 H10 $name: refused live and as an upload, and nobody else notices");

/** What was found to fail in servers of others (H1 to H20). */
export const serverRows: readonly AttackRow[] = [
  {
    id: "H1",
    attempt: "garbage at the next clock of somebody who is offline",
    outcome: "not applied, not stored; what was written offline arrives",
    proofs: [
      proof(peer, "ID4 H1 clock theft: garbage at the next clock of somebody who is offline"),
      upload("DU8 garbage in another's place"),
    ],
  },
  {
    id: "H2",
    attempt: "deletions of what somebody will write",
    outcome: "never applied nor stored; later edits live",
    proofs: [
      proof(peer, "SY11 H2 a deletion of everything that anna will write"),
      upload("DU7 a deletion of the unknown"),
    ],
  },
  {
    id: "H3",
    attempt: "JSON so deep that it is taken and can never be written again",
    outcome: "refused before Yjs sees it; what slips through is found by a trial and left out",
    proofs: [
      ...update("deep JSON in an embed", "deep JSON in a format", "deep nesting of any"),
      overTheWire,
      proof("lib/src/core/fold.test.ts", "DU9 an update that applies and can never be written again is found too"),
    ],
  },
  {
    id: "H4",
    attempt: "the process is killed right after it said saved",
    outcome: "everything with a receipt is there",
    proofs: [
      proof("test/e2e/kill.test.ts", "DU3 no edit with a receipt is lost in"),
      proof("test/crash/crash.test.ts", "DU3 keeps every acknowledged upload exactly once"),
    ],
  },
  {
    id: "H5",
    attempt: "the disk is full",
    outcome: "no receipt, readiness says no, people are told; saved when there is space, without another edit",
    proofs: [
      proof(
        "lib/src/storage/level-table.test.ts",
        "a full disk refuses every waiting upload as full, and works again when there is space",
      ),
      proof(
        "lib/src/health-checks.test.ts",
        "is refused by a store that only reads, with the part and without the reason; the log has the reason",
      ),
      proof(
        "provider/src/core/replica-upload.test.ts",
        "DU5 with the server down edits are at risk, and saved when it is back",
      ),
    ],
  },
  {
    id: "H6",
    attempt: "an update that is none",
    outcome: "refused and counted, never called saved",
    proofs: [upload("DU9 a truncated update"), upload("DU9 trailing bytes"), overTheWire],
  },
  {
    id: "H7",
    attempt: "somebody leaves with an empty presence",
    outcome: "everybody sees it at once",
    proofs: [proof(peer, "PR3 H7 a leave with an empty state is seen at once")],
  },
  {
    id: "H8",
    attempt: "a presence clock that decodes to Infinity",
    outcome: "refused by the bounded reader, nobody waits",
    proofs: [...presence("Infinity as a clock"), overTheWire],
  },
  {
    id: "H9",
    attempt: "a struct length that decodes to Infinity",
    outcome: "the same",
    proofs: [...update("Infinity as a GC length"), overTheWire],
  },
  {
    id: "H10",
    attempt: "updates of a few bytes that announce millions of structs",
    outcome: "refused before anything is allocated",
    proofs: [...update("32 million structs announced, none there"), overTheWire],
  },
  {
    id: "H11",
    attempt: "a large document is asked for again and again, and no answer is read",
    outcome: "memory stays bounded, others are answered; on the service the one who does not read is cut off",
    proofs: [
      proof(attacks, "H11 answers that nobody reads: memory is bounded, and others get theirs"),
      proof(
        "test/conformance/bad-input.test.ts",
        "a client that stops reading is closed as SlowClient; the others get everything",
      ),
    ],
  },
  {
    id: "H12",
    attempt: "presence for tens of thousands of invented people",
    outcome: "dropped; only entries of the sender's own ids are believed",
    proofs: presence("50,000 invented clients", "a billion entries announced"),
  },
  {
    id: "H13",
    attempt: "presence in another's name, with a clock that its owner cannot pass",
    outcome: "dropped; the owner's next one is seen",
    proofs: [proof(peer, "ID6 H13 H14 another's entry, with a clock that its owner could never pass")],
  },
  {
    id: "H14",
    attempt: "a reader writes, or shows presence in another's name",
    outcome: "refused by the server and by every member",
    proofs: [
      proof(
        "test/browser/rights.test.ts",
        "the server refuses what a reader forges, over HTTP and on the wire, and nobody sees it",
      ),
      proof(
        "provider/src/core/replica-presence.test.ts",
        "ID6 nobody speaks for another user, or leaps with the clock",
      ),
    ],
  },
  {
    id: "H15",
    attempt: "a hook of the application throws, a path cannot be decoded",
    outcome: "that request fails, the process lives",
    proofs: [
      proof(
        "lib/src/documents/document-router.test.ts",
        "a hook that throws, hangs or answers nonsense fails that request only",
      ),
      proof(
        "test/e2e/security.test.ts",
        "path traversal and injection by id: every id that is a text is a document of its own, everything else is refused",
      ),
      proof("provider/src/provider.test.ts", "a listener that throws does not break the core's turn"),
    ],
  },
  {
    id: "H16",
    attempt: "malformed WebSocket frames before or after authentication",
    outcome: "that connection ends, others and the process go on",
    proofs: [
      proof(
        "test/conformance/websocket.test.ts",
        "after all of them the service is well, and so is the one who stood by",
      ),
      proof("test/conformance/bad-input.test.ts", "noise, half requests and sockets that reset, on both of its doors"),
    ],
  },
  {
    id: "H17",
    attempt: "requests from a page of another site",
    outcome: "refused unless the origin is allowed by name; the service itself takes tokens, never cookies",
    proofs: [
      proof(
        "test/e2e/security.test.ts",
        "cross-site requests and CSRF: no form, image or script of another site has an effect",
      ),
      proof(
        "test/e2e/security.test.ts",
        "cross-site requests: an allowed origin is told so by name, never with a star",
      ),
    ],
  },
  {
    id: "H18",
    attempt: "documents and users named like members of every object",
    outcome: "names like any other",
    proofs: [
      proof(
        "test/e2e/security.test.ts",
        "prototype names as ids: rate limits, rules and metrics keep names like these apart",
      ),
      proof("test/e2e/provider.test.ts", "documents are told apart by any id that is allowed"),
    ],
  },
  {
    id: "H19",
    attempt: "hundreds of connections to documents that nobody else has, and gone again",
    outcome: "nothing stays at the service; the server holds a bounded number of documents",
    proofs: [
      proof(attacks, "H19 connections to many documents that come and go leave nothing at the service"),
      proof("test/e2e/large-documents.test.ts", "of documents that were opened and left a server holds a thousand"),
    ],
  },
  {
    id: "H20",
    attempt: "the connection is swapped after each of many edits",
    outcome: "all are there, once and in order",
    proofs: [proof(attacks, "H20 a connection that is swapped after every edit loses none")],
  },
];
