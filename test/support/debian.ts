import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Installs Debian's packages where that is possible (as root, with apt-get). False: it was not possible, and said why. */
export function installPackages(packages: readonly string[]): boolean {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false;
  const update = aptGet(["update", "-q"]);
  return aptGet(["install", "-y", "-q", "--no-install-recommends", ...packages]) && update;
}

/** One after the other: test files run at the same time, and apt-get gives up where another one is at work. */
function aptGet(args: readonly string[]): boolean {
  return run("flock", [join(tmpdir(), "y-webpubsub-apt-get.lock"), "apt-get", ...args]);
}

/** Whether the command can be called, installing the package that brings it if need be. */
export function haveCommand(command: string, fromPackage: string): boolean {
  if (isOnPath(command)) return true;
  console.log(`No ${command} found: installing Debian's package ${fromPackage} …`);
  return installPackages([fromPackage]) && isOnPath(command);
}

function isOnPath(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
}

/** Runs an installer; false when it failed, after saying so. */
export function run(command: string, args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync(command, [...args], { stdio: ["ignore", "ignore", "inherit"], env });
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    console.error(`${command} ${args.join(" ")} failed: ${reason}`);
    return false;
  }
}
