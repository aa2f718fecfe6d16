/** The process in which the writers live. */
import { answerCalls } from "../processes.ts";
import { Connection } from "./connection.ts";
import { Stream } from "./stream.ts";
import { Writer } from "./writer.ts";

export interface Crowd {
  readonly port: number;
  readonly writers: number;
  readonly documents: readonly string[];
}

export interface Writing {
  /** Uploads a second of each writer; null: as many as the server takes. */
  readonly perSecond: number | null;
  /** Null: until `stop`. */
  readonly seconds: number | null;
}

export interface Written {
  readonly uploads: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

export interface Visit {
  readonly port: number;
  readonly documents: readonly string[];
}

const visitors = 16;

/** When the writing ends: nobody begins an upload later. */
const end = { at: 0 };
let writers: readonly Writer[] = [];

const calls = {
  /** Every document is written in by somebody, every writer writes in some. */
  gather: async ({ port, writers: count, documents }: Crowd): Promise<void> => {
    const streams = Array.from({ length: Math.max(count, documents.length) }, (_, index) => ({
      writer: index % count,
      document: documents[index % documents.length] ?? "",
    }));
    writers = await Promise.all(
      Array.from({ length: count }, (_, writer) => {
        const own = streams.filter((stream) => stream.writer === writer).map(({ document }) => document);
        return Writer.open(port, `writer-${writer}`, own);
      }),
    );
  },
  write: async ({ perSecond, seconds }: Writing): Promise<Written> => {
    for (const { took } of writers) took.length = 0;
    const began = performance.now();
    end.at = began + (seconds ?? Number.POSITIVE_INFINITY) * 1_000;
    await Promise.all(
      writers.map((writer, index) => {
        if (perSecond === null) return writer.pour(end);
        const everyMs = 1_000 / perSecond;
        return writer.pace(began + (everyMs * index) / writers.length, end, everyMs);
      }),
    );
    const elapsed = (performance.now() - began) / 1_000;
    const took = writers.flatMap((writer) => writer.took).sort((one, other) => one - other);
    const at = (part: number) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? Number.NaN;
    const uploads = took.length;
    return { uploads, perSecond: uploads / elapsed, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
  },
  /** Opens one document after the other, edits each a little and leaves it; over a few connections at once. */
  visit: async ({ port, documents }: Visit): Promise<void> => {
    const left = [...documents];
    const visitor = async (user: string) => {
      const connection = await Connection.open(port);
      for (let document = left.shift(); document !== undefined; document = left.shift()) {
        const stream = new Stream(document);
        await stream.negotiate(connection, user);
        for (let upload = 0; upload < 3; upload++) await stream.send(connection, user);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: visitors }, (_, index) => visitor(`visitor-${index}`)));
  },
  stop: (): void => {
    end.at = performance.now();
  },
  leave: (): void => {
    for (const writer of writers) writer.close();
    writers = [];
  },
  cpuSeconds: (): number => cpuSeconds(),
};

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export type DriverCalls = typeof calls;

answerCalls(calls);
