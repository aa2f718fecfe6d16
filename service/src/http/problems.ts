/** What a REST call answers. `code` goes into `x-ms-error-code` and, unless it is a HEAD, into the body. */
export type Answer =
  | { readonly status: 200 | 202 | 204; readonly body?: unknown }
  | {
      readonly status: 400 | 401 | 404 | 405 | 409 | 415 | 500;
      readonly code: string;
      readonly message: string;
      readonly target: string;
    };

export function badRequest(message: string): Answer {
  return { status: 400, code: "Error.BadRequest", message, target: "Request" };
}

export function missing(code: string, target: string, name: string): Answer {
  return { status: 404, code, message: `${target} \`${name}\` is not found.`, target };
}

export function unauthorized(message: string): Answer {
  return { status: 401, code: "Error.Unauthorized", message, target: "Request" };
}

/** A request whose body cannot be taken. */
export class RequestProblem extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super("message" in answer ? answer.message : "");
    this.answer = answer;
  }
}
