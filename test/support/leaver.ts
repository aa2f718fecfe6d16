/** A process that makes a provider and destroys it: at once, or when it is synced. It ends only when nothing is left. */
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";

const [url = "", when = ""] = process.argv.slice(2);
const provider = new WebPubSubProvider(url, "leaving", new Y.Doc(), { headers: { "x-user": "ada" } });
if (when === "synced") {
  provider.doc.getText("text").insert(0, "last words");
  await provider.whenSynced;
}
provider.destroy();
