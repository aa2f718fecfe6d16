import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Hub } from "../core/hub.ts";
import type { Meter } from "./meter.ts";
import { sum } from "./overview.ts";

const lagResolutionMs = 20;

/** The counters as Prometheus text (exposition format 0.0.4). Numbers only: no name of a hub, user or group. */
export class Metrics {
  readonly #meter: Meter;
  readonly #hubs: () => Iterable<Hub>;
  /** Runs from the first look on: services that nobody scrapes pay nothing. */
  #lag: IntervalHistogram | undefined;

  constructor(meter: Meter, hubs: () => Iterable<Hub>) {
    this.#meter = meter;
    this.#hubs = hubs;
  }

  text(): string {
    const meter = this.#meter;
    const hubs = [...this.#hubs()];
    const calls = [...meter.calls].sort(([a], [b]) => a - b);
    return [
      gauge(
        "connections",
        "Clients that are connected or may still recover.",
        sum(hubs, ({ connections }) => connections.size),
      ),
      gauge(
        "groups",
        "Groups with members.",
        sum(hubs, ({ groups }) => groups.size),
      ),
      gauge("hubs", "Hubs that were named since the start.", hubs.length),
      counter("messages_in_total", "Frames from clients.", meter.messagesIn),
      counter("messages_out_total", "Frames to clients.", meter.messagesOut),
      counter("bytes_in_total", "Bytes of frames from clients.", meter.bytesIn),
      counter("bytes_out_total", "Bytes of frames to clients.", meter.bytesOut),
      counter("units_summed_total", "Billed units: all outgoing bytes / 2 KB.", meter.unitsSummed),
      counter("units_rounded_total", "Billed units: each outgoing message rounded up to 2 KB.", meter.unitsRounded),
      counter("acks_total", "Requests of clients that were answered with an ack.", meter.acks),
      counter("connects_total", "Connections made.", meter.connects),
      counter("disconnects_total", "Connections ended for good.", meter.disconnects),
      counter("recoveries_total", "Connections continued on a new transport.", meter.recoveries),
      counter("recoveries_refused_total", "Recoveries refused with 1008.", meter.recoveriesRefused),
      counter("slow_clients_total", "Connections closed because they fell behind.", meter.slowClients),
      counter("upgrades_refused_total", "WebSocket upgrades answered with an HTTP status.", meter.upgradesRefused),
      family(
        "rest_requests_total",
        "counter",
        "REST requests by status.",
        calls.map(([status, count]) => [`{status="${status}"}`, count]),
      ),
      family(
        "event_loop_lag_seconds",
        "gauge",
        "Delay of the event loop beyond its timer, since the last look.",
        this.#lags(),
      ),
    ].join("");
  }

  end(): void {
    this.#lag?.disable();
  }

  #lags(): [string, number][] {
    if (this.#lag === undefined) {
      this.#lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
      this.#lag.enable();
    }
    const lag = this.#lag;
    // Before its first sample the histogram answers with odd extremes.
    const seconds = (nanoseconds: number) =>
      lag.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - lagResolutionMs / 1_000);
    const lags: [string, number][] = [
      ['{quantile="0.5"}', seconds(lag.percentile(50))],
      ['{quantile="0.99"}', seconds(lag.percentile(99))],
      ['{quantile="1"}', seconds(lag.max)],
    ];
    lag.reset();
    return lags;
  }
}

function gauge(name: string, help: string, value: number): string {
  return family(name, "gauge", help, [["", value]]);
}

function counter(name: string, help: string, value: number): string {
  return family(name, "counter", help, [["", value]]);
}

function family(name: string, type: string, help: string, samples: readonly (readonly [string, number])[]): string {
  const full = `webpubsub_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labels} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}
