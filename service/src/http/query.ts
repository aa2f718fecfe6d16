import { badRequest, RequestProblem } from "./problems.ts";

/** The query of a REST call. Names ignore case. */
export class Query {
  readonly #values: Map<string, string[]> = new Map();

  constructor(search: string) {
    for (const [name, value] of new URLSearchParams(search)) {
      const key = name.toLowerCase();
      const values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, [value]);
      else values.push(value);
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  /** Throws `RequestProblem` if the parameter is repeated: which one would count? */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new RequestProblem(badRequest(`${name} must be given at most once.`));
    return values[0];
  }

  /** Throws `RequestProblem` if the parameter is not such a number. */
  wholeNumber(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.one(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= range.min && value <= range.max) return value;
    throw new RequestProblem(badRequest(`${name} must be a whole number from ${range.min} to ${range.max}.`));
  }
}
