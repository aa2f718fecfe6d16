import type { DocumentId, GroupName } from "y-webpubsub/core";

/** The one document of every world, its groups and numbers. */
export const documentId = "simulated board" as DocumentId;
export const groups = { data: "sim-d" as GroupName, presence: "sim-p" as GroupName };
export const generation = 1;
export const accessEpoch = 1;
