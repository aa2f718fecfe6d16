import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { haveCommand } from "../support/debian.ts";

/** EXT4_IOC_SHUTDOWN, `_IOR('X', 125, __u32)`, and its flag that leaves the journal unwritten (linux/fs/ext4/ext4.h). */
const shutdownRequest = 0x8004587d;
const withoutJournalFlush = 2;
const openDirectory = 0o200000;

/** Why there can be no disk of our own here, or null. */
export function noLoopDisk(): string | null {
  if (process.getuid?.() !== 0) return "it needs root to mount a disk of its own";
  const tools = { "mkfs.ext4": "e2fsprogs", mount: "mount", umount: "mount", perl: "perl" };
  for (const [tool, fromPackage] of Object.entries(tools)) {
    if (!haveCommand(tool, fromPackage)) return `${tool} is not installed`;
  }
  return null;
}

/** An ext4 file system in a file, mounted: one whose power can be cut and which can be filled. */
export class LoopDisk {
  readonly #image: string;
  /** Where it is mounted. */
  readonly path: string;

  constructor(directory: string, megabytes: number) {
    this.#image = join(directory, "disk.img");
    this.path = join(directory, "disk");
    mkdirSync(this.path);
    closeSync(openSync(this.#image, "w"));
    truncateSync(this.#image, megabytes * 1_048_576);
    run("mkfs.ext4", ["-q", "-F", this.#image]);
    this.mount();
  }

  mount(): void {
    run("mount", ["-o", "loop", this.#image, this.path]);
  }

  unmount(): void {
    run("umount", [this.path]);
  }

  /** From now on nothing reaches the disk: what was not flushed is gone, as after a power cut. */
  cutPower(): void {
    const script = `sysopen(D, $ARGV[0], ${openDirectory}) or die $!; my $flags = pack("L", ${withoutJournalFlush}); ioctl(D, ${shutdownRequest}, $flags) or die $!;`;
    run("perl", ["-e", script, this.path]);
  }

  remove(): void {
    this.unmount();
    rmSync(this.#image);
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
