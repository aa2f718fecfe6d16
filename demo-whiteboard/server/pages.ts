import { readFile } from "node:fs/promises";
import { join } from "node:path";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { boardOf, isName, newKey } from "./boards.ts";

export interface PageOptions {
  /** Where the built page lies. */
  readonly directory: string;
  /** The one foreign origin that pages talk to. */
  readonly socket: string;
  /** Pages get the buttons that break things. */
  readonly lab: boolean;
}

/**
 * The built page: hashed files for ever, the page itself never from a cache. `/b/<key>` may draw, `/view/<board>` only
 * looks, `/split/<key>` shows two clients side by side, everything without a name opens a new board.
 */
export function pages({ directory, socket, lab }: PageOptions): Router {
  const router = express.Router();
  router.use(securityHeaders(socket));
  router.use(
    "/assets",
    express.static(join(directory, "assets"), { immutable: true, maxAge: "1y", fallthrough: false }),
  );
  router.use(express.static(directory, { index: false, maxAge: "1h" }));
  /** What the page must know before it connects. The names are checked: they need no escaping. */
  const send = async (response: Response, facts: Readonly<Record<string, string>>): Promise<void> => {
    const html = await readFile(join(directory, "index.html"), "utf8");
    const named = Object.entries({ ...facts, ...(lab ? { lab: "on" } : {}) }).map(
      ([name, text]) => ` data-${name}="${text}"`,
    );
    response.set("Cache-Control", "no-store").type("html");
    response.send(html.replace("<body>", `<body${named.join("")}>`));
  };
  router.get(["/", "/new"], (_request, response) => response.redirect(`/b/${newKey()}`));
  router.get("/split", (_request, response) => response.redirect(`/split/${newKey()}`));
  router.get("/b/:key", ({ params: { key } }, response, next) =>
    isName(key) ? send(response, { board: boardOf(key), key }) : next(),
  );
  router.get("/view/:board", ({ params: { board } }, response, next) =>
    isName(board) ? send(response, { board }) : next(),
  );
  router.get("/split/:key", ({ params: { key } }, response, next) =>
    isName(key) ? send(response, { split: key }) : next(),
  );
  return router;
}

/** Nothing from elsewhere runs, loads or frames the page; `socket` is the one foreign origin it may talk to. */
function securityHeaders(socket: string): (request: Request, response: Response, next: NextFunction) => void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    `connect-src 'self' ${socket}`,
    "base-uri 'none'",
    "form-action 'none'",
    // The split view frames two boards of its own.
    "frame-src 'self'",
    "frame-ancestors 'self'",
  ].join("; ");
  return (_request, response, next) => {
    response.set({
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      // A board's address is its key: it is told to nobody.
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    });
    next();
  };
}
