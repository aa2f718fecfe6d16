/** A process that runs one world for each message. Started by runner.ts. */
import { runWorld } from "./world.ts";

export interface WorldRequest {
  readonly seed: number;
}

process.on("message", (request: WorldRequest) => {
  void answer(request);
});

/** Whoever asked may have been stopped meanwhile. */
async function answer({ seed }: WorldRequest): Promise<void> {
  process.send?.(await runWorld(seed), () => undefined);
}
