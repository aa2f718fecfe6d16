import type { NextFunction, Request, Response } from "express";
import { httpLimits } from "./limits.ts";
import { Problem } from "./problems.ts";

type Handler = (request: Request, response: Response, next: NextFunction) => void;

/** Headers of every answer: nothing here is a page, and nothing is to be cached unless a route says so. */
export const secure: Handler = (request, response, next) => {
  response.set({
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  // Behind a proxy that ends TLS this needs the application's `trust proxy` setting.
  if (request.secure) response.set("Strict-Transport-Security", `max-age=${httpLimits.hstsS}`);
  next();
};

/**
 * A page of the same host, a page of an allowed origin, or no page at all (no `Origin` header) may ask. Preflights of
 * allowed origins are answered here.
 */
export function guardOrigin(allowed: readonly string[]): Handler {
  const known = new Set(allowed);
  return (request, response, next) => {
    const origin = request.get("Origin");
    response.vary("Origin");
    // A page of another site that loads this as an image or a frame sends no `Origin`; the browser tells it all the same.
    const crossSite = origin === undefined && request.get("Sec-Fetch-Site") === "cross-site";
    if (crossSite) return next(new Problem("origin-refused"));
    if (origin === undefined || sameHost(origin, request)) return next();
    if (!known.has(origin)) return next(new Problem("origin-refused"));
    response.set({ "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" });
    response.set("Access-Control-Expose-Headers", "Retry-After, ETag");
    if (request.method !== "OPTIONS") return next();
    const headers = request.get("Access-Control-Request-Headers");
    response.set({
      "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
      "Access-Control-Max-Age": String(httpLimits.preflightS),
    });
    if (headers !== undefined) response.set("Access-Control-Allow-Headers", headers);
    response.status(204).end();
  };
}

/** The scheme is left out: behind a proxy that ends TLS the server cannot know it. */
function sameHost(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.host;
}
