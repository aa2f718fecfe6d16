import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { NextFunction, Request, Response } from "express";

const cookieName = "whiteboard";
const keyFile = "identity-key";
const keyBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{22}$/;
const cookieSecondsMax = 400 * 24 * 3600;

/**
 * Who somebody is, without accounts: the first page a browser loads gives it a random user id in a cookie that this
 * server signed. Nobody can take another's id, and nobody has to say who they are. An application with a login puts
 * the id of its own session here; nothing else changes.
 */
export class Identity {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** The signing key is kept beside the data, so that people stay themselves when the server restarts. */
  static async open(dataDirectory: string): Promise<Identity> {
    const path = join(dataDirectory, keyFile);
    try {
      // `wx`: of two servers that start at once on an empty directory, one makes the key and the other reads it.
      await writeFile(path, randomBytes(keyBytes), { flag: "wx", mode: 0o600 });
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    const key = await readFile(path);
    if (key.length !== keyBytes) throw new Error(`${path} is damaged. Delete it: everybody gets a new identity then.`);
    return new Identity(key);
  }

  /** The user id that this request's cookie proves, or null. */
  userOf(request: IncomingMessage): string | null {
    const cookies = request.headers.cookie ?? "";
    const value = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]*)`).exec(cookies)?.[1] ?? "";
    const [id = "", signature = ""] = value.split(".");
    if (!idPattern.test(id)) return null;
    const expected = Buffer.from(this.#sign(id));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given) ? id : null;
  }

  /** Express middleware for the pages: gives a browser its id when it has none. */
  readonly welcome = (request: Request, response: Response, next: NextFunction): void => {
    if (this.userOf(request) === null) {
      const id = randomBytes(16).toString("base64url");
      response.cookie(cookieName, `${id}.${this.#sign(id)}`, {
        httpOnly: true,
        sameSite: "lax",
        secure: request.secure,
        maxAge: cookieSecondsMax * 1000,
      });
    }
    next();
  };

  #sign(id: string): string {
    return createHmac("sha256", this.#key).update(id).digest("base64url");
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
