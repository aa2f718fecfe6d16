import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Request, Response } from "express";
import type { Collab } from "./collab.ts";
import { durationBucketsS } from "./limits.ts";
import type { RouteTimes } from "./metrics.ts";

const prefix = "y_webpubsub_server_";
const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** Prometheus text. Holds no document, user or address: numbers by stable names only. */
export function expose(collab: Collab): string {
  const { metrics } = collab;
  const memory = process.memoryUsage();
  return [
    ...family("info", "gauge", "The version of the protocol that this server speaks.", [[{ protocol: 1 }, 1]]),
    ...family(
      "events_total",
      "counter",
      "What happened since the start, by stable name.",
      Object.entries(metrics.all()).map(([event, count]) => [{ event }, count]),
    ),
    ...durations(metrics.times()),
    ...family("requests_in_flight", "gauge", "Requests that are not answered yet.", [[{}, metrics.underWay]]),
    ...family("documents", "gauge", "Documents whose clocks are in memory.", [[{}, collab.documentCount]]),
    ...family("draining", "gauge", "1 while the server stops.", [[{}, collab.draining ? 1 : 0]]),
    ...family("event_loop_delay_seconds", "gauge", "Delay of the event loop since the last look, 99th percentile.", [
      [{}, eventLoopDelayS()],
    ]),
    ...family("resident_memory_bytes", "gauge", "Memory of the process.", [[{}, memory.rss]]),
    ...family("heap_used_bytes", "gauge", "Used heap of the main thread.", [[{}, memory.heapUsed]]),
    ...family("uptime_seconds", "gauge", "Since the process started.", [[{}, process.uptime()]]),
    "",
  ].join("\n");
}

/** Mount it where only your own network comes: it asks nobody who they are. */
export function metricsHandler(collab: Collab): (request: Request, response: Response) => void {
  return (_request, response) => {
    response.set({ "Content-Type": contentType, "Cache-Control": "no-store" }).end(expose(collab));
  };
}

type Labels = Readonly<Record<string, string | number>>;

function family(
  name: string,
  kind: "counter" | "gauge",
  help: string,
  values: readonly (readonly [Labels, number])[],
): string[] {
  return [
    `# HELP ${prefix}${name} ${help}`,
    `# TYPE ${prefix}${name} ${kind}`,
    ...values.map(([labels, value]) => `${prefix}${name}${written(labels)} ${value}`),
  ];
}

function durations(times: readonly RouteTimes[]): string[] {
  const name = "request_duration_seconds";
  const lines = [`# HELP ${prefix}${name} Time to answer.`, `# TYPE ${prefix}${name} histogram`];
  for (const { method, route, status, buckets, count, sumS } of times) {
    const labels = { method, route, status };
    for (const [index, bound] of durationBucketsS.entries()) {
      lines.push(`${prefix}${name}_bucket${written({ ...labels, le: bound })} ${buckets[index] ?? 0}`);
    }
    lines.push(`${prefix}${name}_bucket${written({ ...labels, le: "+Inf" })} ${count}`);
    lines.push(`${prefix}${name}_sum${written(labels)} ${sumS}`, `${prefix}${name}_count${written(labels)} ${count}`);
  }
  return lines;
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

const delay = monitorEventLoopDelay({ resolution: 20 });
let watching = false;

/** Measured from the first look on: a server that nobody looks at pays nothing for it. */
function eventLoopDelayS(): number {
  if (!watching) {
    watching = true;
    delay.enable();
    return 0;
  }
  const seconds = delay.percentile(99) / 1e9;
  delay.reset();
  return Number.isFinite(seconds) ? seconds : 0;
}
