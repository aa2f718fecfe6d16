import type { ChildMessage } from "./supervised.ts";

/**
 * The life of a supervised process: tells its parent when it is ready or why it cannot be, and stops cleanly on SIGTERM,
 * on Ctrl+C, and when the parent is gone. Run alone, without a parent, it just runs.
 */
export async function liveAsChild(
  start: () => Promise<{ readonly port: number; close(): Promise<void> }>,
): Promise<void> {
  try {
    const running = await start();
    let phase: "running" | "stopping" = "running";
    const stop = (): void => {
      // A second signal changes nothing: the first is being obeyed.
      if (phase === "stopping") return;
      phase = "stopping";
      running.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    };
    process.on("SIGTERM", stop);
    // Ctrl+C reaches the whole process group; under a parent, the parent decides.
    process.on("SIGINT", () => {
      if (process.send === undefined) stop();
    });
    process.on("disconnect", stop);
    tell({ type: "ready", port: running.port });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (process.send === undefined) console.error(message);
    tell({ type: "failed", message });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}
