/** The cookies that event handlers set for one connection, each sent back to the host that set it. */
export class Cookies {
  readonly #bytesMax: number;
  readonly #hosts: Map<string, Map<string, string>> = new Map();
  #bytes = 0;

  /** `bytesMax` bounds names and values together; what does not fit is not kept. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The `Cookie` header for a host, if it has set any. */
  header(host: string): string | undefined {
    const cookies = this.#hosts.get(host);
    if (cookies === undefined || cookies.size === 0) return undefined;
    return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** One `Set-Cookie` line. Of its attributes only an end in the past counts: a connection is all these cookies know. */
  set(host: string, line: string, nowMs: number): void {
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    if (at < 1 || name === "") return;
    const value = pair.slice(at + 1).trim();
    const cookies = this.#hosts.get(host) ?? new Map<string, string>();
    this.#hosts.set(host, cookies);
    const known = cookies.get(name);
    if (known !== undefined) {
      cookies.delete(name);
      this.#bytes -= name.length + known.length;
    }
    const bytes = name.length + value.length;
    if (isOver(attributes, nowMs) || this.#bytes + bytes > this.#bytesMax) return;
    cookies.set(name, value);
    this.#bytes += bytes;
  }
}

function isOver(attributes: readonly string[], nowMs: number): boolean {
  let over = false;
  for (const attribute of attributes) {
    const [name = "", value = ""] = attribute.split("=");
    switch (name.trim().toLowerCase()) {
      case "max-age":
        return Number(value) <= 0;
      case "expires":
        over = Date.parse(value) <= nowMs;
        break;
      default:
        break; // Path, domain and the rest say nothing about a connection.
    }
  }
  return over;
}
