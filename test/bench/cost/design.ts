import type { Service } from "webpubsub-local";

/** A way to bring Yjs to Web PubSub, as a person who tries it out would run it. */
export type DesignName = "responsive" | "economy" | "y-azure-webpubsub" | "Weave store" | "naive";

/** One person's end of it. */
export interface Member {
  readonly text: { readonly length: number; insert(at: number, words: string): void };
  readonly clientId: number;
  /** Whether what was there before has come, as far as the package tells. */
  isIn(): boolean;
  show(field: string, value: unknown): void;
}

/** A server if there is one, and people who come to one document. */
export interface Design {
  join(user: string): Promise<Member>;
}

/** Starts it on a service that nobody else uses. */
export type StartDesign = (service: Service) => Promise<Design>;

export const hubName = "cost";
export const documentName = "document";
