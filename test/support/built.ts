import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { bundle } from "./esbuild.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, ".build/programs");
/** The server looks for its thread beside itself. */
const thread = "lib/src/worker/fold-worker.ts";
/** What the server's thread is as one file, once something was built. */
export const builtThread = placeOf(thread);

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly peerDependencies?: object;
}

const programs = new Map<string, string>();

/**
 * A program of ours (a path inside the repository) as one file of JavaScript, made from the sources as they are now. A
 * process that loads its sources one by one is on a processor for two to three times as long before it does anything, and
 * some tests start hundreds.
 */
export function built(program: string): string {
  const known = programs.get(program);
  if (known !== undefined) return known;
  const outputFiles = bundle({
    ...{ platform: "node", format: "esm", write: false, conditions: ["y-webpubsub-source"] },
    ...{ entryPoints: [...new Set([program, thread])], absWorkingDir: root, outdir: folder, entryNames: "[name]" },
    external: otherPeoplesPackages(),
  });
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) {
    // Another test process may be starting the file of before.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, contents);
    renameSync(draft, path);
  }
  const made = placeOf(program);
  programs.set(program, made);
  return made;
}

function placeOf(program: string): string {
  return join(folder, basename(program).replace(/\.ts$/, ".js"));
}

function otherPeoplesPackages(): readonly string[] {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as Manifest;
  const own = read(".");
  const all = [own, ...(own.workspaces ?? []).map(read)];
  const named = all.flatMap((each) =>
    Object.keys({ ...each.dependencies, ...each.devDependencies, ...each.peerDependencies }),
  );
  const ours = new Set(all.map(({ name }) => name));
  return [...new Set(named)].filter((name) => !ours.has(name));
}
