/** Why a filter is refused. Thrown and caught inside this folder only: callers of `parseFilter` get the message. */
export class FilterProblem extends Error {
  /** `subject` is the filter, or the part of it that is wrong. The wording is Azure's: its users' tests look at it. */
  constructor(subject: string, detail: string) {
    super(`Invalid syntax for '${subject}': ${detail} (Parameter 'filter')`);
  }
}
