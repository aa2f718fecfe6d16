import { FilterProblem } from "./problem.ts";
import type { Subject } from "./subject.ts";
import { print, type Tree } from "./tree.ts";

export type Scalar = string | number | boolean | null;

/** The value of a part, for one connection. */
export type Of<T> = (subject: Subject) => T;

/** A part whose names and types have been checked. Texts and numbers may turn out to be null for some connections. */
export type Typed =
  | { readonly kind: "null"; readonly of: Of<null> }
  | { readonly kind: "bool"; readonly of: Of<boolean> }
  | { readonly kind: "int"; readonly of: Of<number | null>; readonly anonymous: Anonymous }
  | { readonly kind: "string"; readonly of: Of<string | null>; readonly anonymous: Anonymous }
  | {
      readonly kind: "collection";
      readonly size: Of<number>;
      readonly has: (subject: Subject, value: Scalar) => boolean;
    };

/**
 * What a part is for a client without user id and subprotocol, as Azure checks types against such a client:
 * `value`, an `empty` name, or `null`, the function of an empty name. The last is what problems call the part then.
 */
export type Anonymous = "value" | "empty" | "null";

type Kind = Typed["kind"];

export function asBool(typed: Typed, at: Tree): Of<boolean> {
  if (typed.kind === "bool") return typed.of;
  throw mismatch(shown(typed), "bool", at);
}

/** The place or the length that `substring` wants. */
export function asPlace(typed: Typed, at: Tree): Of<number | null> {
  if (typed.kind === "int" && typed.anonymous === "value") return typed.of;
  throw mismatch(shown(typed), "int", at);
}

/** A side of `gt`, `ge`, `lt` or `le`. */
export function asNumber(typed: Typed, at: Tree): Of<number | null> {
  if (typed.kind === "int" || typed.kind === "null") return typed.of;
  throw mismatch(typed.kind, "int", at);
}

export function asText(typed: Typed, at: Tree): Of<string | null> {
  if (typed.kind === "string" || typed.kind === "null") return typed.of;
  throw mismatch(typed.kind, "string", at);
}

/** A side of `eq` or `ne`, or what is looked for by `in`: of any type, and never equal to one of another type. */
export function asScalar(typed: Typed, at: Tree): Of<Scalar> {
  if (typed.kind !== "collection") return typed.of;
  throw mismatch(typed.kind, "string", at);
}

export function mismatch(found: Kind, expected: Kind, at: Tree): FilterProblem {
  return new FilterProblem(print(at), `Type '${found}', expect '${expected}'.`);
}

/** What a function of these makes of a client without user id and subprotocol. */
export function anonymousOf(...typed: readonly Typed[]): Anonymous {
  return typed.some(isEmpty) ? "null" : "value";
}

export function isEmpty(typed: Typed): boolean {
  return typed.kind === "null" || ((typed.kind === "int" || typed.kind === "string") && typed.anonymous !== "value");
}

function shown(typed: Typed): Kind {
  return (typed.kind === "int" || typed.kind === "string") && typed.anonymous === "null" ? "null" : typed.kind;
}
