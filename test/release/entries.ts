import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");

/** The workspaces that are published. */
export const published = ["provider", "lib", "service"] as const;

export interface PublicEntry {
  readonly folder: string;
  readonly packageName: string;
  /** What is imported: `y-webpubsub/react`. */
  readonly specifier: string;
  /** The declarations that the build writes. */
  readonly types: string;
  /** Of its report: `y-webpubsub-react`. */
  readonly reportName: string;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly types: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** Everything that users may import, as the manifests say. */
export function publicEntries(): PublicEntry[] {
  return published.flatMap((folder) => {
    const { name, exports } = manifestOf(folder);
    return Object.entries(exports).map(([path, { types }]) => {
      const specifier = `${name}${path.slice(1)}`;
      return {
        folder,
        packageName: name,
        specifier,
        types: join(root, folder, types),
        reportName: specifier.replaceAll("/", "-"),
      };
    });
  });
}
