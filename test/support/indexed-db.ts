/** Gives this process an IndexedDB in memory: the provider's own test dependency. */
import { createRequire } from "node:module";
import { resolve } from "node:path";

createRequire(resolve(import.meta.dirname, "../../provider/package.json"))("fake-indexeddb/auto");
