import { limits } from "./limits.ts";

/** Hands a file to the browser's downloads. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Not at once: the download reads the address after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}

const REVOKE_MS = 10_000;

export type Picked =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unreadable"; readonly problem: string }
  | { readonly kind: "none" };

/** Asks the person for one file and reads it as text. Must be called from a key or a click. */
export function pickTextFile(accept: string): Promise<Picked> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = accept;
  input.hidden = true;
  // Only what is in the page is sure to live until a file is chosen.
  document.body.append(input);
  const chosen = new Promise<Picked>((resolve) => {
    input.addEventListener("cancel", () => resolve({ kind: "none" }));
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      resolve(file ? readFile(file) : { kind: "none" });
    });
    input.click();
  });
  return chosen.finally(() => input.remove());
}

async function readFile(file: File): Promise<Picked> {
  if (file.size > limits.importCharactersMax) return { kind: "unreadable", problem: "It is too large." };
  try {
    return { kind: "text", text: await file.text() };
  } catch (error) {
    return { kind: "unreadable", problem: error instanceof Error ? error.message : "It cannot be read." };
  }
}
