import type { Request, Response } from "express";
import type { Collab } from "./collab.ts";
import { StoreError } from "./core/index.ts";
import { httpLimits } from "./limits.ts";
import { reasonOf } from "./log-line.ts";
import { Problem } from "./problems.ts";
import { FoldError } from "./worker/folder.ts";

/** Answers any error with its problem as JSON. What is the server's own fault is logged, without payload or query. */
export function answerProblem(collab: Collab, error: unknown, request: Request, response: Response): void {
  const problem = problemOf(error, collab.closing);
  const { code, status } = problem;
  collab.metrics.count(`problems-${code}`);
  if (status >= 500 && code !== "closing") {
    const reason = reasonOf(problem.cause ?? error);
    collab.log.write({
      level: "error",
      event: "request-failed",
      reason,
      fields: { method: request.method, path: request.path, code },
    });
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfterS = problem.retryAfterS ?? retryAfterOf(status);
  if (retryAfterS !== null) response.set("Retry-After", String(retryAfterS));
  // What was not read of a body is not waited for.
  if (!request.complete) response.set("Connection", "close");
  response.status(status).json(problem.body);
}

/** Every error has an answer; what the table does not know is `internal`. */
function problemOf(error: unknown, closing: boolean): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError) {
    if (error.code === "full") return new Problem("store-full", { cause: error });
    return new Problem(error.code === "closed" && closing ? "closing" : "store-failed", { cause: error });
  }
  if (error instanceof FoldError) return new Problem("fold-failed", { cause: error });
  return new Problem("internal", { cause: error });
}

function retryAfterOf(status: number): number | null {
  if (status === 503) return httpLimits.retryAfterS;
  return status === 507 ? httpLimits.fullRetryAfterS : null;
}
