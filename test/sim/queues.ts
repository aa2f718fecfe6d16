import { limits, type ReplicaLike } from "y-webpubsub/core";

/** Which queue of a replica is over its bound, or undefined. */
export function queueBounds(queues: ReplicaLike["queues"]): string | undefined {
  const { buffered, held, unsavedBatches, openGaps } = queues;
  if (buffered > limits.syncLimits.bufferedFramesMax) return `SY1 ${buffered} buffered frames`;
  if (held > limits.syncLimits.heldFramesMax) return `SY11 ${held} held frames`;
  if (unsavedBatches > limits.durabilityLimits.batchesMax) return `DU1 ${unsavedBatches} unsaved batches`;
  if (openGaps > limits.syncLimits.sessionsMax) return `SY8 ${openGaps} open gaps`;
  return undefined;
}
