import type { FrameKind } from "./frame.ts";
import { paceLimits } from "./limits.ts";
import type { BilledUnits, KindTraffic, Traffic } from "./replica-contract.ts";

interface Count {
  frames: number;
  bytes: number;
  /** Each delivery rounded up. */
  units: number;
  /** Bytes on the service's wire, of all deliveries. */
  wireBytes: number;
}

type Kind = FrameKind | "unreadable";

/** What goes over the service for one session, and what the service bills for it. A few additions a frame. */
export class TrafficMeter {
  private readonly wireBytes: (frameBytes: number) => number;
  private readonly inward = new Map<Kind, Count>();
  private readonly outward = new Map<Kind, Count>();

  /** `wireBytes`: how long a frame of so many bytes is on the service's wire, its envelope included. */
  constructor(wireBytes: (frameBytes: number) => number) {
    this.wireBytes = wireBytes;
  }

  /** A delivery to this session. */
  received(kind: Kind, bytes: number): void {
    this.count(this.inward, kind, bytes, 1);
  }

  /** A publish that is delivered to so many others. Answers the units it is billed with. */
  published(kind: Kind, bytes: number, listeners: number): number {
    return this.count(this.outward, kind, bytes, listeners);
  }

  get total(): Traffic {
    const [inward, outward] = [sum(this.inward), sum(this.outward)];
    return {
      framesIn: inward.frames,
      bytesIn: inward.bytes,
      unitsIn: billed(inward),
      framesOut: outward.frames,
      bytesOut: outward.bytes,
      unitsOut: billed(outward),
      kinds: this.kinds(),
    };
  }

  private kinds(): Traffic["kinds"] {
    const kinds: Record<string, KindTraffic> = {};
    for (const kind of new Set([...this.inward.keys(), ...this.outward.keys()])) {
      const [inward, outward] = [this.inward.get(kind) ?? nothing(), this.outward.get(kind) ?? nothing()];
      kinds[kind] = {
        framesIn: inward.frames,
        bytesIn: inward.bytes,
        unitsIn: billed(inward),
        framesOut: outward.frames,
        bytesOut: outward.bytes,
        unitsOut: billed(outward),
      };
    }
    return kinds;
  }

  private count(counts: Map<Kind, Count>, kind: Kind, bytes: number, deliveries: number): number {
    const count = counts.get(kind) ?? nothing();
    if (count.frames === 0) counts.set(kind, count);
    const wireBytes = this.wireBytes(bytes);
    const units = Math.ceil(wireBytes / paceLimits.unitBytes) * deliveries;
    count.frames++;
    count.bytes += bytes;
    count.units += units;
    count.wireBytes += wireBytes * deliveries;
    return units;
  }
}

function nothing(): Count {
  return { frames: 0, bytes: 0, units: 0, wireBytes: 0 };
}

function sum(counts: ReadonlyMap<Kind, Count>): Count {
  const total = nothing();
  for (const { frames, bytes, units, wireBytes } of counts.values()) {
    total.frames += frames;
    total.bytes += bytes;
    total.units += units;
    total.wireBytes += wireBytes;
  }
  return total;
}

function billed({ units, wireBytes }: Count): BilledUnits {
  return { perMessage: units, perByte: wireBytes / paceLimits.unitBytes };
}
