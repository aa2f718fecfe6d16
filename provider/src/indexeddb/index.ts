/** `y-webpubsub/indexeddb`: a copy of each document on this device. Needs `y-indexeddb`. */
export {
  type IndexedDbPersistence,
  type IndexedDbPersistenceOptions,
  indexedDbPersistence,
  type Orphan,
} from "./persistence.ts";
