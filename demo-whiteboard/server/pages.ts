import { join } from "node:path";
import express, { type NextFunction, type Request, type Response, type Router } from "express";

/** The built page: hashed files for ever, the page itself never from a cache, and the page for every room's address. */
export function pages(directory: string, socket: string): Router {
  const router = express.Router();
  router.use(securityHeaders(socket));
  router.use(
    "/assets",
    express.static(join(directory, "assets"), { immutable: true, maxAge: "1y", fallthrough: false }),
  );
  router.use(express.static(directory, { index: false, maxAge: "1h" }));
  router.get(["/", "/new", "/b/:room"], (_request, response) => {
    response.set("Cache-Control", "no-store");
    response.sendFile(join(directory, "index.html"));
  });
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
    "frame-ancestors 'none'",
  ].join("; ");
  return (_request, response, next) => {
    response.set({
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      // A room's address is its key: it is told to nobody.
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    });
    next();
  };
}
