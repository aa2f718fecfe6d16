/** Values by name, the least recently used left out beyond so many bytes. */
export class Recent<T> {
  readonly #bytesMax: number;
  readonly #kept: Map<string, { readonly value: T; readonly bytes: number }> = new Map();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(name: string): T | null {
    const found = this.#kept.get(name);
    if (!found) return null;
    this.#kept.delete(name);
    this.#kept.set(name, found);
    return found.value;
  }

  set(name: string, value: T, bytes: number): void {
    this.delete(name);
    this.#kept.set(name, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }
}
