/** A test that proves a row: its file, and its title as the file spells it. */
export interface Proof {
  readonly file: string;
  readonly title: string;
  /** Of a test over a table: the case's name, and the file it stands in. */
  readonly from?: { readonly file: string; readonly name: string };
}

export interface AttackRow {
  readonly id: string;
  readonly attempt: string;
  readonly outcome: string;
  readonly proofs: readonly Proof[];
}

export const peer = "provider/src/core/hostile-peer.test.ts";
const admission = "lib/src/core/admission.test.ts";
const bytes = "provider/src/core/testing/hostile.ts";
const presenceBytes = "provider/src/core/testing/hostile-awareness.ts";

/** Hostile updates of the provider's own list, each in a room of honest people. */
export function update(...names: readonly string[]): readonly Proof[] {
  return names.map((name) => ({ file: peer, title: "SY11 H3 H8 H9 H10 $name", from: { file: bytes, name } }));
}

export function presence(...names: readonly string[]): readonly Proof[] {
  return names.map((name) => ({ file: peer, title: "ID6 H8 H12 $name", from: { file: presenceBytes, name } }));
}

export function held(name: string): Proof {
  return {
    file: peer,
    title: "SY11 ID4 $name is held, bounded, and never applied",
    from: { file: bytes, name },
  };
}

/** An upload that the server refuses, of its own list. */
export function upload(name: string): Proof {
  return { file: admission, title: "%s is refused, and nothing is stored", from: { file: admission, name } };
}

export function proof(file: string, title: string): Proof {
  return { file, title };
}
