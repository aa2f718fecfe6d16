/** The process of one editor: a whole provider and its document, as in a page of somebody's. */
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { answerCalls } from "../processes.ts";
import { board } from "./board.ts";
import { cpuSeconds } from "./usage.ts";

const doc = new Y.Doc();

const calls = {
  /** Resolves when it is synced. */
  join: async ({ url, user }: { readonly url: string; readonly user: string }): Promise<void> => {
    const provider = new WebPubSubProvider(url, board, doc, { headers: { "x-user": user } });
    await provider.whenSynced;
  },
  /** Resolves when the board has so many shapes. */
  shows: (shapes: number): Promise<void> => {
    return new Promise((resolve) => {
      const look = () => {
        if (doc.getMap("shapes").size !== shapes) return;
        doc.off("update", look);
        resolve();
      };
      doc.on("update", look);
      look();
    });
  },
  cpuSeconds,
};

export type EditorCalls = typeof calls;

answerCalls(calls);
