/**
 * A process that makes a provider and destroys it: at once, or when it is synced; it ends only when nothing is left.
 * With `stays` it goes on until somebody kills it.
 */
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";

const [url = "", when = ""] = process.argv.slice(2);
const options = { headers: { "x-user": "ada" }, ...(when === "stays" && { protocol: "json" as const }) };
const provider = new WebPubSubProvider(url, "leaving", new Y.Doc(), options);
if (when === "synced") {
  provider.doc.getText("text").insert(0, "last words");
  await provider.whenSynced;
}
if (when === "stays") {
  provider.awareness.setLocalStateField("name", "Ada");
  await provider.whenSynced;
  console.log("synced");
} else {
  provider.destroy();
}
