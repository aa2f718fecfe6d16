import { WebPubSubServiceClient } from "@azure/web-pubsub";
import mqtt from "mqtt";
import { Awareness, applyAwarenessUpdate } from "y-protocols/awareness";
import { decodeFrame, innermost } from "y-webpubsub/core";
import { Doc } from "yjs";

/**
 * Watches one document with a plain MQTT client: who is there, and what the server announces. It edits nothing and
 * cannot: its token has no role.
 *
 * @typedef {object} WatchOptions
 * @property {string} collabUrl  where the collab server is, such as `https://app.example/collab`
 * @property {Record<string, string>} headers  what its `authorize` wants to see
 * @property {string} connectionString  of Web PubSub, with the hub's access key: only a server has it
 * @property {string} hub
 * @property {string} document
 * @property {(news: News) => void} onNews
 *
 * @typedef {{ type: "present", states: unknown[] } | { type: "left", session: string } | { type: "notice", notice: string }} News
 *
 * @param {WatchOptions} options
 * @returns {Promise<() => Promise<void>>} resolves when the watcher listens; the function ends it
 */
export async function watchDocument({ collabUrl, headers, connectionString, hub, document, onNews }) {
  const groups = await groupsOf(collabUrl, headers, document);
  const service = new WebPubSubServiceClient(connectionString, hub, { allowInsecureConnection: true });
  // The groups of the token are the subscriptions: nothing needs to be subscribed to.
  const { url } = await service.getClientAccessToken({
    clientProtocol: "mqtt",
    groups: [groups.data, groups.presence],
  });
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, clientId: newClientId() });
  const awareness = new Awareness(new Doc());
  awareness.setLocalState(null);
  client.on("message", (_topic, payload) => {
    const news = newsOf(payload, awareness);
    if (news !== undefined) onNews(news);
  });
  return async () => {
    awareness.destroy();
    await client.endAsync();
  };
}

/**
 * The names of a document's groups are the server's secret, so it is asked, as a reader would.
 *
 * @param {string} collabUrl
 * @param {Record<string, string>} headers
 * @param {string} document
 */
async function groupsOf(collabUrl, headers, document) {
  const session = Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString("base64url");
  const answer = await fetch(`${collabUrl}/negotiate`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ protocol: 1, document, session, clientIds: [] }),
  });
  if (!answer.ok) throw new Error(`The server refused: ${answer.status} ${await answer.text()}`);
  const { groups } = await answer.json();
  return groups;
}

/**
 * @param {Uint8Array} payload
 * @param {Awareness} awareness
 * @returns {News | undefined}
 */
function newsOf(payload, awareness) {
  const decoded = decodeFrame(payload);
  if (!decoded.ok) return undefined;
  const frame = decoded.value;
  if (frame.kind === "server") return { type: "notice", notice: frame.notice.type };
  const inner = innermost(frame);
  switch (inner.kind) {
    case "presence":
    case "card":
      return apply(awareness, inner.awareness)
        ? { type: "present", states: [...awareness.getStates().values()] }
        : undefined;
    case "bye":
      return { type: "left", session: inner.session };
    default:
      return undefined; // An edit, or talk among editors.
  }
}

/**
 * False when there is nothing in it, or nothing that can be read: members write it, and one may mean ill.
 *
 * @param {Awareness} awareness
 * @param {Uint8Array} update
 */
function apply(awareness, update) {
  if (update.length === 0) return false;
  try {
    applyAwarenessUpdate(awareness, update, "mqtt");
    return true;
  } catch {
    return false; // Not an awareness update.
  }
}

/** The service takes letters and digits only. */
function newClientId() {
  return `watcher${crypto.randomUUID().replaceAll("-", "")}`;
}
