import { unreachable } from "y-webpubsub/core";
import type { Refusal } from "./core/admission.ts";
import { Problem } from "./problems.ts";

/** What a client is told whose update the log did not take. */
export function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.outcome) {
    case "missing": {
      const ranges = refusal.ranges.map(({ client, clock, length }) => [client, clock, length]);
      return new Problem("missing", { fields: { ranges } });
    }
    case "update-invalid":
      return new Problem("update-invalid", { what: refusal.problem });
    case "generation-changed":
      return new Problem("generation-changed", { fields: { generation: refusal.generation } });
    case "upload-conflict":
    case "upload-stale":
    case "session-taken":
    case "overlap":
    case "proof-invalid":
    case "foreign-client":
    case "owner-active":
      return new Problem(refusal.outcome);
    default:
      throw unreachable(refusal);
  }
}
