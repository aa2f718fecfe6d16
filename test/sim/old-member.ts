import type { Server, Transport } from "y-webpubsub/core";

/** SY14: the kinds of frames of the protocol before cards, signatures, rosters and chunks. */
const kindsOfOld: ReadonlySet<number> = new Set([1, 2, 3, 4, 16, 17, 18, 19, 20]);

function isOfOld(frame: Uint8Array): boolean {
  return kindsOfOld.has(frame[1] ?? 0);
}

/** The line of a member of that protocol: it neither hears nor says a newer kind. */
export function oldTransport(transport: Transport): Transport {
  return {
    open: (access, on) => {
      const link = transport.open(access, (event) => {
        if (event.type !== "received" || isOfOld(event.bytes)) on(event);
      });
      return {
        publish: (group, bytes, confirm) => (isOfOld(bytes) ? link.publish(group, bytes, confirm) : "accepted"),
        close: () => link.close(),
      };
    },
  };
}

/** What its server's answers are to it: it knows of no certificates. */
export function oldServer(server: Server): Server {
  return {
    negotiate: async (...asked) => ({ ...(await server.negotiate(...asked)), certificate: null }),
    snapshot: (...asked) => server.snapshot(...asked),
    log: (...asked) => server.log(...asked),
    upload: (...asked) => server.upload(...asked),
    head: (...asked) => server.head(...asked),
  };
}
