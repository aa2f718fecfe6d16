import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { boardOf, keyHeader } from "../support/page.ts";
import { Whiteboard } from "../support/whiteboard.ts";

describe("npm start", () => {
  let data: string;
  const running: Whiteboard[] = [];

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), "whiteboard-"));
  });
  afterEach(async () => {
    for (const whiteboard of running.splice(0)) await whiteboard.stop();
  });
  afterAll(() => rm(data, { recursive: true }));

  function start(environment: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Whiteboard {
    const whiteboard = new Whiteboard({ PORT: "0", DATA_DIR: data, ...environment }, args);
    running.push(whiteboard);
    return whiteboard;
  }

  async function address(whiteboard: Whiteboard): Promise<string> {
    return (await whiteboard.prints(/http:\/\/127\.0\.0\.1:\d+/))[0];
  }

  test("prints where it is, serves the page under strict headers, and stops on Ctrl+C", async () => {
    const whiteboard = start();
    const url = await address(whiteboard);
    await whiteboard.prints(/Ctrl\+C/);
    expect(whiteboard.output).toContain(`kept in ${data}`);
    expect(whiteboard.output).toContain("set WEBPUBSUB_CONNECTION_STRING to use Azure Web PubSub");

    for (const path of ["/", "/new", "/b/some-room"]) {
      const page = await fetch(url + path);
      expect(page.status).toBe(200);
      expect(page.headers.get("Content-Type")).toContain("text/html");
      expect(page.headers.get("Content-Security-Policy")).toMatch(/connect-src 'self' ws:\/\/127\.0\.0\.1:\d+;/);
      expect(page.headers.get("Set-Cookie")).toMatch(/^whiteboard=.+HttpOnly; SameSite=Lax/);
    }
    expect((await fetch(`${url}/b/a/b`)).status).toBe(404);
    expect((await fetch(`${url}/assets/nothing.js`)).status).toBe(404);
    expect(await whiteboard.stop()).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  test("a browser's cookie is its user; without one nobody gets in, nor with another's", async () => {
    const url = await address(start());
    const cookie = await cookieOf(url);
    const stranger = new WebPubSubProvider(`${url}/collab`, "room", new Y.Doc());
    const forger = new WebPubSubProvider(`${url}/collab`, "room", new Y.Doc(), {
      headers: { Cookie: cookie.replace(/=./, (start) => (start === "=A" ? "=B" : "=A")) },
    });
    const ada = new WebPubSubProvider(`${url}/collab`, "room", new Y.Doc(), { headers: { Cookie: cookie } });
    try {
      await ada.whenSynced;
      expect(cookie).toContain(`whiteboard=${ada.userId}.`);
      for (const provider of [stranger, forger]) {
        if (provider.status === "refused") continue;
        await new Promise<void>((resolve) => {
          provider.on("status", ({ status }) => {
            if (status === "refused") resolve();
          });
        });
      }
    } finally {
      for (const provider of [stranger, forger, ada]) provider.destroy();
    }
  });

  test("a part that died is started again, where it was: editors come back and their board is there", async () => {
    const whiteboard = start();
    const url = await address(whiteboard);
    await whiteboard.prints(/Ctrl\+C/);
    const doc = new Y.Doc();
    const board = boardOf("phoenix");
    const headers = { Cookie: await cookieOf(url), [keyHeader]: "phoenix" };
    const ada = new WebPubSubProvider(`${url}/collab`, board, doc, { headers });
    try {
      await ada.whenSynced;
      doc.getText("text").insert(0, "kept");
      await ada.whenSaved();

      for (const pid of whiteboard.children("server/service.ts")) process.kill(pid, "SIGKILL");
      await whiteboard.prints(/The Web PubSub service ended \(SIGKILL\)\. Starting it again in 0\.5 s\./);
      await whiteboard.prints(/The Web PubSub service is back\./);
      ada.connect();
      if (ada.link !== "live") {
        await new Promise<void>((resolve) => {
          ada.on("link", (link) => {
            if (link === "live") resolve();
          });
        });
      }

      for (const pid of whiteboard.children("server/server.ts")) process.kill(pid, "SIGKILL");
      await whiteboard.prints(/The server is back\./);
      const other = new Y.Doc();
      const bob = new WebPubSubProvider(`${url}/collab`, board, other, {
        headers: { Cookie: await cookieOf(url) },
      });
      await bob.whenSynced;
      expect(other.getText("text").toString()).toBe("kept");
      bob.destroy();
    } finally {
      ada.destroy();
    }
  });

  test("a port that was asked for and is taken is an error with the next step", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const whiteboard = start({ PORT: String(port) });
    await whiteboard.prints(
      new RegExp(`Port ${port} is in use\\. Stop what listens there, or set PORT to another one`),
    );
    expect(await whiteboard.exited).toBe(1);
    taken.close();
  });

  test("settings that cannot work are errors with the next step, and --help explains them", async () => {
    const odd = start({ PORT: "many" });
    await odd.prints(/PORT is "many"\. Set it to a number/);
    expect(await odd.exited).toBe(1);

    const broken = start({ WEBPUBSUB_CONNECTION_STRING: "AccessKey=only" });
    await broken.prints(/begins with Endpoint=/);
    expect(await broken.exited).toBe(1);

    const help = start({}, ["--help"]);
    expect(await help.exited).toBe(0);
    for (const name of ["PORT", "HOST", "DATA_DIR", "WEBPUBSUB_CONNECTION_STRING"]) expect(help.output).toContain(name);
  });
});

async function cookieOf(url: string): Promise<string> {
  const cookie = (await fetch(url)).headers.get("Set-Cookie");
  return cookie?.split(";")[0] ?? "";
}
