/** A programmer error: the sentence is what was believed to hold. */
export function assert(condition: boolean, belief: string): asserts condition {
  if (!condition) throw new Error(`Broken belief: ${belief}`);
}

/** Closes a switch: a new member of a union fails to compile here. */
export function unreachable(value: never): Error {
  return new Error(`Unreachable: ${JSON.stringify(value)}`);
}
