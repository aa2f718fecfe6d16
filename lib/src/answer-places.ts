import type { Response } from "express";
import { httpLimits } from "./limits.ts";
import { Problem } from "./problems.ts";

interface User {
  taken: number;
  readonly waiting: (() => void)[];
}

/**
 * Answers under way are bounded for each user, because each is held in memory until it was read: whoever asks and does
 * not read waits for what was asked before, and is cut off when nothing moves.
 */
export class AnswerPlaces {
  readonly #users = new Map<string, User>();

  /** Resolves when the answer may be made; rejects when its asker has gone. The place is free again when it is through. */
  async take(userId: string, response: Response): Promise<void> {
    const user = this.#users.get(userId) ?? { taken: 0, waiting: [] };
    this.#users.set(userId, user);
    if (user.taken < httpLimits.answersMax) user.taken += 1;
    else await turn(user, response);
    response.once("close", () => this.#free(userId, user));
    response.setTimeout(httpLimits.answerStallMs, () => response.destroy());
  }

  /** The place goes to whoever waits first. */
  #free(userId: string, user: User): void {
    const next = user.waiting.shift();
    if (next !== undefined) next();
    else user.taken -= 1;
    if (user.taken === 0) this.#users.delete(userId);
  }
}

/** Rate limits bound how many wait. */
function turn({ waiting }: User, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(new Problem("closing"));
    };
    const go = (): void => {
      response.off("close", onClose);
      resolve();
    };
    waiting.push(go);
    response.once("close", onClose);
  });
}
