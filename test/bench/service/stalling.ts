import type { Group } from "./group.ts";

export interface StallPlan {
  readonly payloadBytes: number;
  /** Between two messages. */
  readonly everyMs: number;
  readonly beforeMs: number;
  readonly duringMs: number;
}

/** Milliseconds from send to arrival, of the members that read all the time. */
export interface StallResult {
  readonly beforeP99Ms: number;
  readonly duringP99Ms: number;
}

/** A steady stream to a group; half-way its last member stops reading. */
export async function stall(group: Group | undefined, plan: StallPlan): Promise<StallResult> {
  const stalled = group?.members.at(-1);
  if (group === undefined || stalled === undefined) throw new Error("The crowd is empty.");
  const frame = group.messageFrame(plan.payloadBytes);
  const readers = group.members.slice(0, -1);
  const sentAt: number[] = [];
  let latencies: number[] = [];
  for (const client of readers) {
    let next = 0;
    client.onFrame = () => latencies.push(performance.now() - (sentAt[next++] ?? Number.NaN));
  }
  stalled.onFrame = undefined;
  const phase = async (ms: number) => {
    latencies = [];
    const timer = setInterval(() => {
      sentAt.push(performance.now());
      group.members[0]?.write(frame);
    }, plan.everyMs);
    await new Promise((over) => setTimeout(over, ms));
    clearInterval(timer);
    return p99(latencies);
  };
  const beforeP99Ms = await phase(plan.beforeMs);
  stalled.pause();
  return { beforeP99Ms, duringP99Ms: await phase(plan.duringMs) };
}

function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}
