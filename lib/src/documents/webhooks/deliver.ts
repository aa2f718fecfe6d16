import { lookup } from "node:dns/promises";
import { type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { webhookLimits } from "./limits.ts";
import { isPublicAddress } from "./public-address.ts";

export interface Delivery {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Any address may be called: for development and for receivers in the own network. */
  readonly anyAddress: boolean;
  readonly signal: AbortSignal;
}

export type Delivered =
  | { readonly outcome: "taken" }
  /** Answered with a status that another try does not change, a redirect among them; or an address that is not allowed. */
  | { readonly outcome: "refused"; readonly reason: string }
  /** Another try may help. */
  | { readonly outcome: "failed"; readonly reason: string };

/**
 * One POST. The name is resolved once, the addresses are looked at, and the connection goes to what was looked at:
 * nothing can be resolved otherwise in between. Redirects are not followed; of the answer only the status is used.
 */
export function deliver({ url, headers, body, anyAddress, signal }: Delivery): Promise<Delivered> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!anyAddress && isIP(host) !== 0 && !isPublicAddress(host)) return Promise.resolve(notPublic);
  const options: RequestOptions = {
    method: "POST",
    headers: { ...headers, "Content-Length": String(Buffer.byteLength(body)) },
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(webhookLimits.answerMs)]),
    ...(anyAddress ? {} : { lookup: publicLookup }),
  };
  return new Promise((resolve) => {
    const sent = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options, (response) => {
      response.destroy();
      resolve(outcomeOf(response.statusCode ?? 0));
    });
    sent.on("error", (error) => resolve(error instanceof NotPublic ? notPublic : failed(error)));
    sent.end(body);
  });
}

class NotPublic extends Error {}

const notPublic: Delivered = { outcome: "refused", reason: "the address is not of the public internet" };

const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { all: true }).then(
    (addresses) => {
      const first = addresses[0];
      const isFine = first !== undefined && addresses.every(({ address }) => isPublicAddress(address));
      if (!isFine) done(new NotPublic("not public"), "");
      else if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    },
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), ""),
  );
};

function outcomeOf(status: number): Delivered {
  if (status >= 200 && status < 300) return { outcome: "taken" };
  const reason = `answered ${status}`;
  const mayChange = status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
  return { outcome: mayChange ? "failed" : "refused", reason };
}

function failed(error: Error): Delivered {
  return { outcome: "failed", reason: error.message };
}
