import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { bundleForBrowser } from "../../support/esbuild.ts";
import type { Row } from "../report.ts";

const root = resolve(import.meta.dirname, "../../..");

/** What a page pays for the provider, without yjs: bytes after gzip. Raised only with a reason. */
export const bundleBytesMax = 85_000;

export interface Bundle {
  readonly bundler: "esbuild" | "vite";
  readonly gzipBytes: number;
  /** Modules of Node that a browser would look for in vain. */
  readonly nodeModules: readonly string[];
}

const entry = `export { WebPubSubProvider, WebPubSubConnection } from "y-webpubsub";\n`;
const own = ["yjs"];

/** Builds a page's bundle of the sources with each bundler, as an application would. */
export function buildBundles(): readonly Bundle[] {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    const file = join(root, "test/bench/provider", `.entry-${process.pid}.mjs`);
    writeFileSync(file, entry);
    try {
      return [esbuild(file, join(folder, "esbuild")), vite(file, join(folder, "vite"))];
    } finally {
      rmSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function measureBundle(): Promise<readonly Row[]> {
  return buildBundles().map(({ bundler, gzipBytes, nodeModules }) => {
    if (nodeModules.length > 0) throw new Error(`${bundler}: the bundle wants ${nodeModules.join(", ")} of Node.`);
    return {
      ...{ name: `bundle by ${bundler}, gzip, without yjs`, unit: "bytes", foreignCores: [], goal: 1 },
      subject: { name: "ours", values: [gzipBytes] },
      floor: { name: "the bound", values: [bundleBytesMax] },
    };
  });
}

function esbuild(file: string, out: string): Bundle {
  bundleForBrowser({ entryPoints: [file], format: "esm", outdir: out, external: own });
  return weigh("esbuild", out);
}

function vite(file: string, out: string): Bundle {
  const config = join(out, "../vite.config.mjs");
  writeFileSync(
    config,
    `export default ${JSON.stringify({
      root,
      logLevel: "error",
      resolve: { conditions: ["y-webpubsub-source", "module", "browser", "import", "default"] },
      build: {
        outDir: out,
        lib: { entry: file, formats: ["es"], fileName: "bundle" },
        minify: true,
        rollupOptions: { external: own },
      },
    })};\n`,
  );
  run([join(root, "node_modules/vite/bin/vite.js"), "build", "--config", config]);
  return weigh("vite", out);
}

function run([script = "", ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${error?.message ?? stderr}`);
}

function weigh(bundler: Bundle["bundler"], out: string): Bundle {
  const files = readdirSync(out).filter((name) => /\.m?js$/.test(name));
  const text = files.map((name) => readFileSync(join(out, name), "utf8")).join("\n");
  const asked = [...text.matchAll(/(?:from|require\(|import\(|import)\s*["'`]([^"'`]+)["'`]/g)].map(
    (match) => match[1] ?? "",
  );
  const nodeModules = asked.filter((name) => name.startsWith("node:") || builtinModules.includes(name));
  return { bundler, gzipBytes: gzipSync(text, { level: 9 }).length, nodeModules: [...new Set(nodeModules)] };
}
