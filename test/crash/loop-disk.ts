import { spawnSync } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { haveCommand } from "../support/debian.ts";

/** EXT4_IOC_SHUTDOWN, `_IOR('X', 125, __u32)`, and its flag that leaves the journal unwritten (linux/fs/ext4/ext4.h). */
const shutdownRequest = 0x8004587d;
const withoutJournalFlush = 2;
const openDirectory = 0o200000;
const ext4Settings = "/sys/fs/ext4";

/** Why there can be no disk of our own here, or null. */
export function noLoopDisk(): string | null {
  if (process.getuid?.() !== 0) return "it needs root to mount a disk of its own";
  const tools = { "mkfs.ext4": "e2fsprogs", mount: "mount", umount: "mount", perl: "perl" };
  for (const [tool, fromPackage] of Object.entries(tools)) {
    if (!haveCommand(tool, fromPackage)) return `${tool} is not installed`;
  }
  return null;
}

/** Why no disk of ours can be made to fail here, or null. */
export function noFailingDisk(): string | null {
  try {
    accessSync(ext4Settings, constants.W_OK);
    return noLoopDisk();
  } catch {
    return `${ext4Settings} cannot be written`;
  }
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

  /** Ext4 meets an error and makes the disk read-only at once, under whoever writes: `mount -o remount,ro` refuses then. */
  failReadOnly(): void {
    run("mount", ["-o", "remount,errors=remount-ro", this.path]);
    const mounted = readFileSync("/proc/mounts", "utf8").split("\n");
    const [device = ""] = mounted.find((line) => line.split(" ")[1] === this.path)?.split(" ") ?? [];
    writeFileSync(join(ext4Settings, basename(device), "trigger_fs_error"), "by a test");
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
