import { createHmac } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { allowAll, benchFor, fine, HandlerServer } from "./handler-server.ts";
import { accessKey, Bench, hubName, jsonName, secondaryKey } from "./harness.ts";

function hmac(key: string, text: string): string {
  return `sha256=${createHmac("sha256", key).update(text).digest("hex")}`;
}

describe("requests", () => {
  test("auth: each event comes with a token for the resource, the preflight without", async () => {
    const server = await HandlerServer.start(() => fine);
    const auth = { type: "ManagedIdentity", managedIdentity: { resource: "api://chat" } } as const;
    const bench = await benchFor(server, { hubs: { [hubName]: server.hub({ auth }) } });
    await bench.dial(await bench.url(), jsonName);
    for (const { headers } of await server.posted(2)) {
      const [header, claims = "", signature] = (headers.authorization ?? "").replace(/^Bearer /, "").split(".");
      expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({ aud: "api://chat" });
      const signed = createHmac("sha256", accessKey).update(`${header}.${claims}`).digest("base64url");
      expect(signature).toBe(signed);
    }
    expect(server.requests[0]?.method).toBe("OPTIONS");
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("every header of the documentation, and the body of connect without the token", async () => {
    const server = await HandlerServer.start(() => fine);
    const bench = await benchFor(server);
    const url = `${await bench.url({ userId: "ada" })}&k=1&k=2`;
    const client = await bench.dial(url, [jsonName, "other"]);
    const { connectionId } = JSON.parse(await client.next());
    const [connect, connected] = await server.posted(2);
    const origin = new URL(bench.service.endpoint).host;
    const always = {
      "webhook-request-origin": origin,
      "content-type": "application/json; charset=utf-8",
      "ce-specversion": "1.0",
      "ce-awpsversion": "1.0",
      "ce-source": `/hubs/collab/client/${connectionId}`,
      "ce-time": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      "ce-signature": `${hmac(accessKey, connectionId)},${hmac(secondaryKey, connectionId)}`,
      "ce-connectionid": connectionId,
      "ce-hub": "collab",
      "ce-userid": "ada",
      "x-ms-client-request-id": expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
    };
    expect(connect).toMatchObject({
      path: "/events/collab/connect",
      headers: { ...always, "ce-type": "azure.webpubsub.sys.connect", "ce-eventname": "connect", "ce-id": "0" },
    });
    expect(connect?.headers).not.toHaveProperty("ce-subprotocol");
    expect(connected).toMatchObject({
      path: "/events/collab/connected",
      headers: {
        ...always,
        "ce-type": "azure.webpubsub.sys.connected",
        "ce-eventname": "connected",
        "ce-id": "1",
        "ce-subprotocol": jsonName,
      },
    });
    expect(connected?.body.toString()).toBe("{}");
    const body = JSON.parse(connect?.body.toString() ?? "");
    expect(body).toMatchObject({
      claims: { sub: ["ada"], aud: [expect.any(String)], exp: [expect.stringMatching(/^\d+$/)] },
      query: { k: ["1", "2"] },
      subprotocols: [jsonName, "other"],
      headers: { host: [origin] },
      clientCertificates: [],
    });
    expect(connect?.body.toString()).not.toContain(new URL(url).searchParams.get("access_token"));
    client.send({ type: "event", event: "Say", dataType: "json", data: { a: 1 } });
    const [say] = await server.posted(1, "Say");
    expect(say).toMatchObject({
      path: "/events/collab/Say",
      headers: { ...always, "ce-type": "azure.webpubsub.user.Say", "ce-id": "2" },
      body: Buffer.from('{"a":1}'),
    });
    client.ws.close(1000);
    const [disconnected] = await server.posted(1, "disconnected");
    expect(disconnected?.headers).toMatchObject({ ...always, "ce-id": "3" });
    expect(JSON.parse(disconnected?.body.toString() ?? "")).toEqual({ reason: expect.any(String) });
  });

  test("a token in the Authorization header is not shown either; a user id of any letters is a header", async () => {
    const server = await HandlerServer.start(() => fine);
    const bench = await benchFor(server);
    const { token } = await bench.admin.getClientAccessToken({ userId: "Zoë 100%" });
    const url = bench.service.endpoint.replace("http", "ws");
    await bench.dial(`${url}/client/hubs/${hubName}`, jsonName, { headers: { authorization: `Bearer ${token}` } });
    const [connect] = await server.posted(1);
    expect(JSON.parse(connect?.body.toString() ?? "").headers).not.toHaveProperty("authorization");
    expect(connect?.headers["ce-userid"]).toBe("Zo%C3%AB 100%25");
  });

  test("the first handler that takes an event gets it, names ignore case, and others get none", async () => {
    const [first, second] = [await HandlerServer.start(() => fine), await HandlerServer.start(() => fine)];
    const bench = await Bench.start({
      hubs: {
        COLLAB: {
          eventHandlers: [
            { urlTemplate: `${first.url}/first?code=secret`, userEventPattern: "one, TWO" },
            { urlTemplate: `${second.url}/{Event}`, userEventPattern: "*" },
          ],
        },
      },
    });
    const client = await bench.plain();
    for (const [i, event] of ["One", "two", "three"].entries()) {
      client.send({ type: "event", event, ackId: i, dataType: "text", data: "" });
      await client.next();
    }
    expect(first.posts.map(({ path }) => path)).toEqual(["/first?code=secret", "/first?code=secret"]);
    expect(second.posts.map(({ path }) => path)).toEqual(["/three"]);
  });

  test("cookies and state are kept per connection, and sent back", async () => {
    const server = await HandlerServer.start(({ headers }) => ({
      status: 204,
      headers: {
        "set-cookie": [`seen=${headers["ce-eventname"]}; Path=/`, "gone=x; Max-Age=0"],
        "ce-connectionState": `after-${headers["ce-eventname"]}`,
      },
    }));
    const bench = await benchFor(server);
    const client = await bench.plain();
    client.send({ type: "event", event: "one", dataType: "text", data: "" });
    client.send({ type: "event", event: "two", dataType: "text", data: "" });
    const [[one], [two], [connect]] = [
      await server.posted(1, "one"),
      await server.posted(1, "two"),
      await server.posted(1, "connect"),
    ];
    expect(connect?.headers).not.toHaveProperty("cookie");
    // The answer to `connected` sets cookies as any other; its state is not taken.
    expect(one?.headers).toMatchObject({ cookie: "seen=connected", "ce-connectionstate": "after-connect" });
    expect(two?.headers).toMatchObject({ cookie: "seen=one", "ce-connectionstate": "after-one" });
  });
});

describe("abuse protection", () => {
  test("is asked once for many events, before the first", async () => {
    const server = await HandlerServer.start(() => fine);
    const bench = await benchFor(server);
    await Promise.all([bench.plain(), bench.plain(), bench.plain()]);
    await server.posted(6);
    const asked = server.requests.filter(({ method }) => method === "OPTIONS");
    expect(asked).toMatchObject([
      {
        path: "/events/collab/validate",
        headers: { "webhook-request-origin": new URL(bench.service.endpoint).host, "ce-awpsversion": "1.0" },
      },
    ]);
    expect(server.requests[0]).toBe(asked[0]);
  });

  test.each([
    ["repeated lines", (host: string) => ["a.example", host]],
    ["a list in one line", (host: string) => `a.example, ${host.toUpperCase()}`],
  ])("%s may allow the service", async (_name, allowed) => {
    const server = await HandlerServer.start(
      () => fine,
      ({ headers }) => ({ headers: { "WebHook-Allowed-Origin": allowed(String(headers["webhook-request-origin"])) } }),
    );
    const bench = await benchFor(server);
    await bench.plain();
  });

  test("a server that does not know OPTIONS is asked by GET", async () => {
    const server = await HandlerServer.start(
      () => fine,
      ({ method }) => (method === "GET" ? allowAll : { status: 404 }),
    );
    await (await benchFor(server)).plain();
    expect(server.requests.map(({ method }) => method).slice(0, 3)).toEqual(["OPTIONS", "GET", "POST"]);
  });

  test("a refusal keeps every event away, and nobody asks again at once", async () => {
    const server = await HandlerServer.start(
      () => fine,
      () => ({ status: 200 }),
    );
    const bench = await benchFor(server);
    const url = await bench.url();
    expect([(await bench.refusal(url)).status, (await bench.refusal(url)).status]).toEqual([500, 500]);
    expect(server.requests.map(({ method }) => method)).toEqual(["OPTIONS"]);
  });

  test("a handler may answer many connections at once without a warning of the process", async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => void warnings.push(warning.message);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const many = 12;
    const waiting: (() => void)[] = [];
    const server = await HandlerServer.start(
      ({ path }) =>
        new Promise((answer) => {
          if (!path.endsWith("/connect")) return answer(fine);
          waiting.push(() => answer(fine));
          if (waiting.length === many) for (const go of waiting) go();
        }),
    );
    const bench = await benchFor(server);
    await Promise.all(Array.from({ length: many }, async () => bench.dial(await bench.url(), jsonName)));
    expect(warnings).toEqual([]);
  });
});
