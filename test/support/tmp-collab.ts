import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { type Service, startService } from "webpubsub-local";
import { decodeUpload, encodeLogPage } from "../../provider/src/core/http-body.ts";

const accessKey = "a key of at least thirty-two bytes for tests";
export const userHeader = "x-user";
export const roleHeader = "x-role";
const pair = generateKeyPairSync("ed25519");

export class Collab {
  #service: Service | null = null;
  #servicePort = 0;
  #httpPort = 0;
  #server: Server | null = null;
  docs = new Map<string, any[]>();
  static async start() {
    const c = new Collab();
    await c.startService();
    await c.startServer();
    return c;
  }
  get url() {
    return `http://127.0.0.1:${this.#httpPort}/collab`;
  }
  get service(): Service {
    if (!this.#service) throw new Error("down");
    return this.#service;
  }
  closeConnections() {
    this.service.hub("collab").stop("closed by the test");
  }
  cutConnections() {
    for (const id of this.service.hub("collab").connections.keys()) this.service.cut(id);
  }
  async startService() {
    this.#service = await startService({ port: this.#servicePort, accessKey });
    this.#servicePort = this.#service.port;
  }
  async stopService() {
    await this.#service?.close();
    this.#service = null;
  }
  async stopServer() {
    const s = this.#server;
    this.#server = null;
    if (!s) return;
    s.closeAllConnections();
    await new Promise((r) => s.close(r));
  }
  async close() {
    await this.stopServer();
    await this.stopService();
  }
  async startServer() {
    const client = new WebPubSubServiceClient(
      `Endpoint=http://127.0.0.1:${this.#servicePort};AccessKey=${accessKey};Version=1.0;`,
      "collab",
      { allowInsecureConnection: true },
    );
    this.#server = createServer(async (req, res) => {
      const parts: Buffer[] = [];
      for await (const p of req) parts.push(p);
      const body = Buffer.concat(parts);
      const url = new URL(req.url ?? "", "http://x");
      const json = (status: number, o: unknown) =>
        res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(o));
      const user = req.headers[userHeader];
      if (typeof user !== "string") return json(401, { code: "unauthorized", message: "Who are you? Log in." });
      const role = req.headers[roleHeader] === "reader" ? "reader" : "writer";
      const path = url.pathname.replace("/collab", "");
      const input = path === "/negotiate" ? JSON.parse(String(body)) : null;
      const document = input?.document ?? url.searchParams.get("document");
      const log = this.docs.get(document) ?? [];
      this.docs.set(document, log);
      const head = log.length === 0 ? "" : `c${log.length}`;
      if (path === "/negotiate") {
        const name = (k: string) =>
          createHmac("sha256", "g")
            .update(k + document)
            .digest("hex");
        const d = name("d"),
          p = name("p");
        const roles = [`webpubsub.sendToGroup.${p}`, ...(role === "writer" ? [`webpubsub.sendToGroup.${d}`] : [])];
        const t = await client.getClientAccessToken({
          userId: `${input.session}.${user}`,
          roles,
          groups: [d, p],
          expirationTimeInMinutes: 5,
        });
        return json(200, {
          protocol: 1,
          url: t.url,
          userId: user,
          role,
          mode: "direct",
          groups: { data: d, presence: p },
          generation: 1,
          accessEpoch: 1,
          head,
          snapshot: null,
          serverKey: pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64url"),
          clash: [],
          limits: { uploadBytes: 1000000 },
        });
      }
      if (path === "/log" && req.method === "GET") {
        const after = Number((url.searchParams.get("after") || "c0").slice(1));
        const sessions = new Map<string, number>();
        for (const e of log) sessions.set(e.session, Math.max(sessions.get(e.session) ?? 0, e.seqTo));
        return res.end(
          encodeLogPage({
            generation: 1,
            head,
            next: head,
            more: false,
            entries: log.slice(after),
            sessions: [...sessions].map(([session, seq]) => ({ session, seq })),
          } as any),
        );
      }
      if (path === "/log") {
        if (role === "reader") return json(403, { code: "read-only", message: "no" });
        const decoded = decodeUpload(new Uint8Array(body));
        if (!decoded.ok) return json(422, { code: "update-invalid", message: decoded.problem });
        const b = decoded.value;
        let at = log.findIndex((e) => e.session === b.session && e.upload === b.upload);
        if (at < 0) {
          at = log.length;
          log.push({
            cursor: `c${log.length + 1}`,
            session: b.session,
            userId: user,
            upload: b.upload,
            seqTo: b.seqTo,
            owners: [],
            update: b.update.slice(),
          });
        }
        const hash = createHash("sha256").update(b.update).digest();
        return json(200, {
          generation: 1,
          session: b.session,
          upload: b.upload,
          hash: hash.toString("base64url"),
          cursor: `c${at + 1}`,
          seqTo: b.seqTo,
          signature: sign(null, hash, pair.privateKey).toString("base64url"),
        });
      }
      if (path === "/head")
        return json(200, { generation: 1, cursor: head, match: url.searchParams.get("cursor") === head ? true : null });
      return json(404, { code: "nothing", message: "nothing here" });
    });
    await new Promise<void>((r) => this.#server?.listen(this.#httpPort, "127.0.0.1", r));
    this.#httpPort = (this.#server.address() as AddressInfo).port;
  }
}
