import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../support/pages.ts";
import { Room } from "../support/room.ts";

/** What a page sent: uploads over HTTP, and the address and messages of its WebSocket. */
interface Sent {
  readonly uploads: { readonly url: string; readonly body: string }[];
  socketUrl: string;
  readonly messages: string[];
}

function watch({ page }: Person): Sent {
  const sent: Sent = { uploads: [], socketUrl: "", messages: [] };
  page.on("request", (request) => {
    const body = request.method() === "POST" && request.url().includes("/collab/log") ? request.postDataBuffer() : null;
    if (body) sent.uploads.push({ url: request.url(), body: body.toString("base64") });
  });
  page.on("websocket", (socket) => {
    sent.socketUrl = socket.url();
    socket.on("framesent", ({ payload }) => sent.messages.push(payload.toString()));
  });
  return sent;
}

describe("a read-only link", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  test("shows every change, offers no tool that draws, and leaves the keyboard without one", async () => {
    const eve = await room.look("Eve");
    await room.ada.draw([300, 200], [500, 260]);
    await eve.sees(1);
    expect(await eve.shapes()).toEqual(await room.ada.shapes());
    await eve.says(/Read-only/);
    expect(await eve.page.getByRole("toolbar", { name: "Tools" }).getByRole("button").count()).toBe(2);
    await eve.draw([300, 400], [500, 460]);
    await eve.page.keyboard.press("Control+a");
    await eve.page.keyboard.press("Delete");
    await room.bob.draw([300, 500], [500, 560]);
    for (const person of [eve, room.ada]) await person.sees(2);
  });

  test("the server refuses what a reader forges, over HTTP and on the wire, and nobody sees it", async () => {
    const { ada, bob } = room;
    const sent = watch(ada);
    await ada.page.reload();
    await ada.isSynced();
    await ada.draw([300, 200], [500, 260]);
    await bob.sees(1);
    await ada.isSaved();
    const eve = await room.look("Eve");
    await eve.sees(1);
    const eveSent = watch(eve);
    await eve.page.reload();
    await eve.sees(1);
    await eve.page.waitForFunction(() => window.__board?.link() === "live");

    const [upload] = sent.uploads;
    if (!upload) throw new Error("Ada uploaded nothing.");
    const answer = await eve.page.evaluate(async ({ url, body }) => {
      const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
      const headers = { "Content-Type": "application/octet-stream" };
      const response = await fetch(url, { method: "POST", body: bytes, headers });
      return response.status;
    }, upload);
    expect(answer).toBe(403);

    const groups = new Set(
      sent.messages
        .map((text): unknown => JSON.parse(text))
        .filter((message) => typeof message === "object" && message !== null && "group" in message)
        .map((message) => String(Reflect.get(message ?? {}, "group"))),
    );
    // Ada has written to both groups of the board: its data and its presence.
    expect(groups.size).toBe(2);
    const results = await eve.page.evaluate(
      ({ url, names }) =>
        new Promise<Record<string, boolean>>((done) => {
          const socket = new WebSocket(url, "json.webpubsub.azure.v1");
          const acks: Record<string, boolean> = {};
          socket.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            if (message.event === "connected") {
              names.forEach((group, index) => {
                socket.send(
                  JSON.stringify({ type: "sendToGroup", group, ackId: index + 1, dataType: "binary", data: "AAAA" }),
                );
              });
            }
            if (message.type !== "ack") return;
            acks[names[message.ackId - 1] ?? ""] = message.success;
            if (Object.keys(acks).length === names.length) done(acks);
          };
        }),
      { url: eveSent.socketUrl, names: [...groups] },
    );
    // Presence is a reader's to send, the board is not.
    expect(Object.values(results).sort()).toEqual([false, true]);
    await ada.draw([300, 500], [500, 560]);
    await bob.sees(2);
    expect(await bob.shapes()).toEqual(await ada.shapes());
  });

  test("pages ask nobody but their own server and service, and the split view holds two live clients", async () => {
    const { ada, stack } = { ada: room.ada, stack: room.stack };
    const hosts = new Set<string>();
    ada.page.on("request", (request) => hosts.add(new URL(request.url()).hostname));
    ada.page.on("websocket", (socket) => hosts.add(new URL(socket.url()).hostname));
    await ada.page.goto(`${stack.url}/split/${room.key}`);
    const [left, right] = ["Ada", "Grace"].map((name) => ada.page.frameLocator(`iframe[title="${name}'s board"]`));
    if (!left || !right) throw new Error("The split view has two frames.");
    for (const side of [left, right]) await side.locator(".status", { hasText: "Saved" }).waitFor();
    await left.getByRole("application").press("r");
    await left.getByRole("application").press("Enter");
    await right.locator("[aria-label='Shapes on this board'] li", { hasText: "by Ada" }).waitFor({ state: "attached" });
    expect([...hosts]).toEqual(["127.0.0.1"]);
  });
});
