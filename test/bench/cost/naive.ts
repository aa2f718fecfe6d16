import { once } from "node:events";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import WebSocket from "ws";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { documentName, hubName, type StartDesign } from "./design.ts";

/** The first byte of a message. `ask` carries a state vector, and is answered by an `update`. */
const kinds = { ask: 0, update: 1, presence: 2 } as const;

interface Delivery {
  readonly type: string;
  readonly data?: string;
}

interface Changes {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/**
 * What one writes first: each update and each awareness update is one message to the group, a newcomer asks everybody,
 * and everybody answers to everybody. No server, nothing is merged, nothing is kept.
 */
export const startNaive: StartDesign = async (service) => {
  const client = new WebPubSubServiceClient(service.connectionString, hubName, { allowInsecureConnection: true });
  let members = 0;
  return {
    async join(userId) {
      const roles = [`webpubsub.sendToGroup.${documentName}`];
      const { url } = await client.getClientAccessToken({ userId, roles, groups: [documentName] });
      const socket = new WebSocket(url, "json.webpubsub.azure.v1");
      await once(socket, "message");
      const doc = new Y.Doc();
      const awareness = new Awareness(doc);
      // Nobody answers the first one.
      let isIn = members++ === 0;
      const publish = (kind: number, payload: Uint8Array): void => {
        const data = Buffer.concat([Buffer.from([kind]), payload]).toString("base64");
        const message = { type: "sendToGroup", group: documentName, noEcho: true, dataType: "binary", data };
        socket.send(JSON.stringify(message));
      };
      socket.on("message", (bytes: Buffer) => {
        const { type, data } = JSON.parse(bytes.toString()) as Delivery;
        if (type !== "message" || data === undefined) return;
        const message = new Uint8Array(Buffer.from(data, "base64"));
        const [kind, payload] = [message[0], message.subarray(1)];
        if (kind === kinds.ask) publish(kinds.update, Y.encodeStateAsUpdate(doc, payload));
        else if (kind === kinds.presence) applyAwarenessUpdate(awareness, payload, socket);
        else Y.applyUpdate(doc, payload, socket);
        isIn ||= kind === kinds.update;
      });
      doc.on("update", (update: Uint8Array, origin: unknown) => {
        if (origin !== socket) publish(kinds.update, update);
      });
      awareness.on("update", ({ added, updated, removed }: Changes, origin: unknown) => {
        if (origin === socket) return;
        publish(kinds.presence, encodeAwarenessUpdate(awareness, [...added, ...updated, ...removed]));
      });
      publish(kinds.ask, Y.encodeStateVector(doc));
      const text = doc.getText("text");
      const show = (field: string, value: unknown): void => awareness.setLocalStateField(field, value);
      return { text, clientId: doc.clientID, isIn: () => isIn, show };
    },
  };
};
