import type { DocumentId, GroupName } from "y-webpubsub/core";

/** The one document of every world, its groups and numbers. */
export const documentId = "simulated board" as DocumentId;
export const generation = 1;
/** Before access changed. */
export const accessEpoch = 1;

/** AC1: every epoch has groups of its own. */
export function groupsAt(epoch: number): { readonly data: GroupName; readonly presence: GroupName } {
  return { data: `sim-d${epoch}` as GroupName, presence: `sim-p${epoch}` as GroupName };
}

export const groups: ReturnType<typeof groupsAt> = groupsAt(accessEpoch);

export function isDataGroup(group: GroupName): boolean {
  return group.startsWith("sim-d");
}
