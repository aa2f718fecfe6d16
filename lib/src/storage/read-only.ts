import { open, rm } from "node:fs/promises";
import { join } from "node:path";

const codes = ["EROFS", "EACCES", "EPERM"];

/**
 * Whether no file can be made in a directory. Tried, not asked: after an error Linux makes a disk read-only and goes on
 * saying that it can be written. Any other error, such as a full disk, is no answer, and false.
 */
export async function isReadOnly(directory: string): Promise<boolean> {
  const probe = join(directory, "!writable");
  try {
    const file = await open(probe, "w");
    await file.close();
    await rm(probe, { force: true });
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && codes.includes(String(error.code));
  }
}
