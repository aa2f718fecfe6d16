import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import webpack, { type Configuration } from "webpack";
import { manifestOf, publicEntries, published, root } from "./entries.ts";

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** An empty project with what npm would publish, and beside it what the packages depend on. */
describe("the packed packages", () => {
  let project: string;
  let packed: readonly Packed[] = [];

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), "y-webpubsub-packed-"));
    packed = published.map((folder) => pack(folder, project));
    for (const { name, filename } of packed) {
      const place = join(project, "node_modules", name);
      mkdirSync(place, { recursive: true });
      execFileSync("tar", ["-xzf", join(project, filename), "-C", place, "--strip-components=1"]);
    }
    for (const dependency of dependencies()) {
      const place = join(project, "node_modules", dependency);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(join(root, "node_modules", dependency), place);
    }
  }, 120_000);
  afterAll(() => rmSync(project, { recursive: true }));

  test("hold what is published, and no test", () => {
    for (const { files } of packed) {
      const paths = files.map(({ path }) => path);
      expect(paths).toContain("README.md");
      expect(paths).toContain("LICENSE");
      expect(paths).toContain("dist/index.js");
      expect(paths.filter((path) => path.includes(".test."))).toEqual([]);
    }
  });

  test("every entry can be imported by plain Node", () => {
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    const specifiers = publicEntries().map(({ specifier }) => specifier);
    const script = `for (const entry of ${JSON.stringify(specifiers)}) { const names = Object.keys(await import(entry)); console.log(entry, names.length); }`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: project,
      encoding: "utf8",
    });
    const lines = output.trim().split("\n");
    expect(lines).toHaveLength(specifiers.length);
    expect(lines.filter((line) => line.endsWith(" 0"))).toEqual([]);
  });

  test("webpack makes a page's bundle of everything for browsers, without anything of Node", async () => {
    const specifiers = publicEntries().filter(({ folder }) => folder === "provider");
    const lines = specifiers.map(({ specifier }, index) => `export * as entry${index} from "${specifier}";`);
    writeFileSync(join(project, "page.js"), lines.join("\n"));
    const output = { path: join(project, "page"), filename: "page.mjs", library: { type: "module" } };
    // webpack brings nothing in Node's place: what asks for it is an error. Nothing is made small: that takes ten seconds.
    const problems = await bundled({
      ...{ context: project, entry: "./page.js", mode: "development", devtool: false, target: "web", output },
      experiments: { outputModule: true },
      performance: false,
    });
    expect(problems).toEqual([]);
    const page = (await import(join(output.path, output.filename))) as Readonly<Record<string, object>>;
    expect(Object.keys(page)).toHaveLength(specifiers.length);
    expect(Object.keys(page["entry0"] ?? {})).toContain("WebPubSubProvider");
  });

  test.each(["NodeNext", "Bundler"])("a program type-checks against the declarations: %s", (moduleResolution) => {
    writeFileSync(join(project, "index.ts"), consumer);
    const compilerOptions = {
      target: "ES2023",
      module: moduleResolution === "Bundler" ? "ESNext" : "NodeNext",
      moduleResolution,
      lib: ["ES2023", "DOM"],
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], { cwd: project });
  });

  test("the command lines answer", () => {
    for (const folder of ["lib", "service"]) {
      const { name, bin } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
        name: string;
        bin: Readonly<Record<string, string>>;
      };
      for (const path of Object.values(bin)) {
        const help = execFileSync(process.execPath, [join(project, "node_modules", name, path), "--help"], {
          cwd: project,
          encoding: "utf8",
        });
        expect(help).toContain(name);
      }
    }
  });
});

/** What webpack has to say, nothing when all is well. */
function bundled(configuration: Configuration): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    webpack(configuration, (error, stats) => {
      if (error !== null || stats === undefined) reject(error ?? new Error("webpack said nothing."));
      else resolve([...stats.compilation.errors, ...stats.compilation.warnings].map(({ message }) => message));
    });
  });
}

const consumer = `import * as Y from "yjs";
import { WebPubSubProvider } from "y-webpubsub";
import { createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import { startService } from "webpubsub-local";

const service = await startService({ port: 0 });
const collab = createCollabServer({
  connectionString: service.connectionString,
  storage: new MemoryStore(),
  authorize: () => ({ userId: "ada", role: "writer" }),
});
const provider = new WebPubSubProvider("http://127.0.0.1:1/collab", "board", new Y.Doc(), { connect: false });
provider.on("status", ({ status }) => console.log(status satisfies string));
const unsynced: number = provider.unsyncedChanges;
console.log(unsynced);
await collab.close();
await service.close();
`;

function pack(folder: string, destination: string): Packed {
  const args = ["pack", "--json", "--pack-destination", destination, "--silent"];
  const output = execFileSync("npm", args, { cwd: join(root, folder), encoding: "utf8" });
  const [packed] = JSON.parse(output.slice(output.indexOf("["))) as readonly Packed[];
  if (packed === undefined) throw new Error(`npm pack said nothing about ${folder}.`);
  return packed;
}

/** Everything the packages import besides each other: what npm would install with them, optional peers included. */
function dependencies(): Set<string> {
  const names = new Set<string>();
  for (const folder of published) {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(folder);
    for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies)]) names.add(name);
  }
  for (const folder of published) names.delete(manifestOf(folder).name);
  return names;
}
