/** A bug planted into the shipped code: exact texts of shipped source files, each replaced before it is compiled. */
export interface Mutant {
  readonly name: string;
  /** The rule of docs/protocol.md that it breaks. */
  readonly rule: string;
  readonly edits: readonly Edit[];
}

export interface Edit {
  /** How the file's URL ends. */
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "receipt before the durable append",
    rule: "DU3",
    edits: [
      {
        file: "lib/src/core/document-log.ts",
        find: "const appended = await this.#ports.store.append(this.#document, state.generation, entry, head);",
        replace:
          'this.#ports.store.append(this.#document, state.generation, entry, head).catch(() => {}); const appended = { outcome: "stored", cursor: state.head };',
      },
    ],
  },
  {
    name: "the group commit does not wait for the disk",
    rule: "DU3",
    edits: [
      {
        file: "lib/src/storage/writer.ts",
        find: "if (decided.changes.size > 0) await this.#table.write(decided.changes);",
        replace: "if (decided.changes.size > 0) this.#table.write(decided.changes).catch(() => {});",
      },
    ],
  },
  {
    name: "stored before it can be applied",
    rule: "DU7",
    edits: [
      {
        file: "lib/src/core/admission.ts",
        find: 'if (missing.length > 0) return { outcome: "missing", ranges: missing };',
        replace: "",
      },
    ],
  },
  {
    name: "compaction removes more than it folded",
    rule: "DU11",
    edits: [
      {
        file: "lib/src/storage/snapshots.ts",
        find: 'for (const cursor of what.folded) draft.remove(recordKey("entry", of.key, cursor));',
        replace: 'for (const { key } of await draft.read(allOf("entry", of.key))) draft.remove(key);',
      },
    ],
  },
  {
    name: "digests without the delete set",
    rule: "SY9",
    edits: [
      {
        file: "provider/src/core/live-digest.ts",
        find: "return sha256(encodeSnapshot(clocks, deleted));",
        replace: "return sha256(Y.encodeStateVector(this.doc));",
      },
      {
        file: "lib/src/core/fold.ts",
        find: "digest: sha256(state),",
        replace: "digest: sha256(Y.encodeStateVector(snapshot.sv)),",
      },
    ],
  },
  {
    name: "no new connection after a refused recovery",
    rule: "CN5",
    edits: [
      {
        file: "provider/src/core/connection.ts",
        find: "return hasLink(connection) ? wait(connection.attempt, event.reason, event.notBeforeMs) : stay(connection);",
        replace:
          'return hasLink(connection) && connection.phase !== "recovering" ? wait(connection.attempt, event.reason, event.notBeforeMs) : stay(connection);',
      },
    ],
  },
  {
    name: "no join on a second connection",
    rule: "CN2",
    edits: [
      {
        file: "provider/src/core/sync.ts",
        find: "room.join();",
        replace: "if (room.helloIsDone) return;",
      },
    ],
  },
  {
    name: "synced before the log",
    rule: "SY3",
    edits: [
      {
        file: "provider/src/core/status.ts",
        find: "if (!facts.caughtUp) return false;",
        replace: 'if (!facts.caughtUp) return connection.phase === "joining" && facts.helloDone;',
      },
    ],
  },
  {
    name: "updates reach Yjs before what they need",
    rule: "SY11",
    edits: [
      {
        file: "provider/src/core/content.ts",
        find: "return clocksFor(this.context.doc, summary).missingFor(summary).length === 0;",
        replace: "return summary.structCount >= 0;",
      },
    ],
  },
  {
    name: "a receipt moves the read cursor",
    rule: "DU4",
    edits: [
      {
        file: "provider/src/core/parts.ts",
        find: "{ outbox, content, publisher, clientIds,",
        replace: "{ outbox, content, publisher, repair, clientIds,",
      },
      {
        file: "provider/src/core/saving.ts",
        find: 'context.emit({ type: "saved", cursor: receipt.cursor });',
        replace: 'parts.repair.position = receipt.cursor; context.emit({ type: "saved", cursor: receipt.cursor });',
      },
    ],
  },
  {
    name: "a receipt covers what came after it",
    rule: "DU4",
    edits: [
      {
        file: "provider/src/core/uploads.ts",
        find: "this.outbox.receipted(upload.seqTo); // DU4: never the read cursor",
        replace: "this.outbox.receipted(this.outbox.seq);",
      },
    ],
  },
  {
    name: "no second try after a lost reply",
    rule: "DU2",
    edits: [
      {
        file: "provider/src/core/uploads.ts",
        find: 'if (this.mode === "running") this.context.timers.set("upload-retry", delayMs, () => this.send());',
        replace: "",
      },
    ],
  },
  {
    name: "a retry forgets the frozen bytes",
    rule: "DU2",
    edits: [
      {
        file: "provider/src/core/uploads.ts",
        find: 'else if (this.state.phase === "failed") this.transmit(this.state.upload, false);',
        replace: 'else if (this.state.phase === "failed") { this.lastNumber--; this.freeze(); }',
      },
    ],
  },
  {
    name: "broadcasts are not deduplicated",
    rule: "PR5",
    edits: [
      {
        file: "provider/src/core/broadcasts.ts",
        find: "else if (!this.isNew(from.session, number))",
        replace: "else if (this.sessions === undefined)",
      },
    ],
  },
  {
    name: "the service takes frames of readers",
    rule: "ID1",
    edits: [
      {
        file: "service/src/core/requests.ts",
        find: 'if (!connection.identity.permissions.allows("sendToGroup", group)) return forbidden("send to", group);',
        replace: "",
      },
    ],
  },
  {
    name: "signatures are not checked",
    rule: "ID8",
    edits: [
      {
        file: "provider/src/core/gate.ts",
        find: "return holds ? sender : this.refuse(",
        replace: "return holds || sender ? sender : this.refuse(",
      },
    ],
  },
  {
    name: "in signed mode the server takes anybody's word for an absent author",
    rule: "DU8",
    edits: [
      {
        file: "lib/src/core/admission.ts",
        find: 'if (!batch.adoption || identity === "signed") return { outcome: "foreign-client" };',
        replace: 'if (!batch.adoption) return { outcome: "foreign-client" };',
      },
    ],
  },
  {
    name: "two writers under one client id are not compared",
    rule: "DU12",
    edits: [
      {
        file: "lib/src/core/admission.ts",
        find: 'if (!agrees && state.overlaps(read.summary, writerOf(batch), author)) return { outcome: "overlap" };',
        replace: "",
      },
      {
        file: "provider/src/core/comparison.ts",
        find: "const clash = findClash(this.context.doc, said, (client) => this.clock(client));",
        replace: "const clash = findClash(this.context.doc, said, () => Number.MAX_SAFE_INTEGER);",
      },
    ],
  },
];

export function findMutant(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new Error(`No mutant "${name}". There are: ${mutants.map((m) => m.name).join(", ")}.`);
  return found;
}
