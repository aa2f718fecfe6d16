import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Router } from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Asking, ada, card } from "../support/asking.ts";
import { Servers } from "../support/servers.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly $ref: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security?: readonly unknown[];
}
interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Schema {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, unknown>>;
  };
}

const description: Description = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../docs/openapi.json"), "utf8"),
);
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** docs/openapi.json says what the server does: no route more, none less, and no other answer. */
describe("the OpenAPI description", () => {
  let servers: Servers;
  const asking = new Asking(() => servers.at(0).url);
  beforeAll(async () => {
    servers = await Servers.start(1, {
      authorizeDocument: (request) => ({ userId: request.get("x-user") ?? "nobody" }),
    });
  });
  afterAll(() => servers.close());

  const send = (method: string, path: string, query: Record<string, string>, init: RequestInit = {}) =>
    fetch(asking.url(path, query), { method: method.toUpperCase(), ...init, headers: { ...ada, ...init.headers } });

  test("every route is described, and every described route is there", () => {
    const described = operations.map(({ path, method }) => `${method} ${path}`).sort();
    expect(routesOf(servers.at(0).collab.router).sort()).toEqual(described);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });

  test("every reference leads somewhere, and nothing is described for nobody", () => {
    const text = JSON.stringify(description);
    const wanted = new Set([...text.matchAll(/"#\/components\/([^"]+)"/g)].map((match) => match[1] ?? ""));
    const { parameters, schemas, responses } = description.components;
    const there = Object.entries({ parameters, schemas, responses }).flatMap(([kind, parts]) =>
      Object.keys(parts).map((name) => `${kind}/${name}`),
    );
    expect([...wanted].sort()).toEqual(there.sort());
  });

  test("what goes well is answered as described", async () => {
    const ticket = await asking.negotiate();
    await expectDescribed(operation("post", "/negotiate"), ticket, 200);
    const uploaded = await asking.upload("words", 7);
    const { cursor } = await uploaded.clone().json();
    await expectDescribed(operation("post", "/log"), uploaded, 200);
    const query = { document: "d", generation: "1" };
    await expectDescribed(operation("get", "/log"), await asking.get("/log", { ...query, after: "" }), 200);
    const digest = "A".repeat(43);
    await expectDescribed(operation("get", "/head"), await asking.get("/head", { ...query, cursor, digest }), 200);
    for (const path of ["/health", "/health/ready", "/health/live"]) {
      await expectDescribed(operation("get", path), await asking.get(path), 200);
    }
    await expectDescribed(operation("options", "/events"), await send("options", "/events", {}), 200);
    await expectDescribed(operation("get", "/document"), await asking.get("/document", { document: "d" }), 200);
    const json = { headers: { "content-type": "application/json" } };
    const label = { ...json, body: JSON.stringify({ label: "first" }) };
    const made = await send("post", "/versions", { document: "d" }, label);
    const { id } = await made.clone().json();
    await expectDescribed(operation("post", "/versions"), made, 201);
    await expectDescribed(operation("get", "/versions"), await asking.get("/versions", { document: "d" }), 200);
    await expectDescribed(operation("get", "/entries"), await asking.get("/entries", { document: "d" }), 200);
    const at = { document: "d", version: id };
    await expectDescribed(operation("patch", "/versions"), await send("patch", "/versions", at, label), 200);
    await expectDescribed(operation("get", "/preview"), await asking.get("/preview", at), 200);
    const from = { document: "d", fromVersion: id };
    await expectDescribed(operation("get", "/difference"), await asking.get("/difference", from), 200);
    const back = { ...json, body: JSON.stringify({ version: id }) };
    await expectDescribed(operation("post", "/restore"), await send("post", "/restore", { document: "d" }, back), 200);
    await expectDescribed(operation("delete", "/versions"), await send("delete", "/versions", at), 204);
    await expectDescribed(operation("get", "/documents"), await asking.get("/documents"), 200);
    await expectDescribed(operation("get", "/presence"), await asking.get("/presence", { document: "d" }), 200);
    const exported = await asking.get("/export", { document: "d" });
    await expectDescribed(operation("get", "/export"), exported.clone(), 200);
    const raw = { headers: { "content-type": "application/octet-stream" } };
    const file = { ...raw, body: await exported.arrayBuffer() };
    await expectDescribed(operation("post", "/import"), await send("post", "/import", { document: "d" }, file), 409);
    await expectDescribed(operation("post", "/reset"), await send("post", "/reset", { document: "d" }, raw), 200);
    await expectDescribed(operation("delete", "/document"), await send("delete", "/document", { document: "d" }), 204);
    const nobody = await asking.negotiate({ ...card, session: "BBBBBBBBBBBBBBBB" }, { origin: "https://evil.example" });
    await expectDescribed(operation("post", "/negotiate"), nobody, 403);
  });

  test.each(operations)(
    "$method $path answers wrong requests with what is described",
    async ({ path, method, operation }) => {
      const required = (operation.parameters ?? [])
        .map(({ $ref }) => description.components.parameters[$ref.split("/").at(-1) ?? ""])
        .filter((parameter) => parameter?.required === true && parameter.in === "query");
      const types = Object.keys(operation.requestBody?.content ?? {});
      const asks: Promise<Response>[] = [
        send(method, path, {}),
        send(method, path, { document: "d" }),
        send(method, path, Object.fromEntries(required.map((parameter) => [parameter?.name ?? "", "?"]))),
        send(method, path, { document: "d", generation: "7", after: "", cursor: "zz", version: "nothing" }),
        fetch(asking.url(path, { document: "d" }), { method: method.toUpperCase() }),
      ];
      for (const type of [...types, "text/plain"]) {
        if (types.length === 0) break;
        const query = { document: "d", generation: "1" };
        asks.push(send(method, path, query, { headers: { "content-type": type }, body: "{" }));
        asks.push(send(method, path, query, { headers: { "content-type": type }, body: "x".repeat(20_000) }));
      }
      for (const answer of await Promise.all(asks)) await expectDescribed(operation, answer);
      const other = method === "trace" ? "get" : "delete";
      if (!(other in (description.paths[path] ?? {}))) {
        const refused = await send(other, path, {});
        expect([refused.status, (await refused.json()).code]).toEqual([405, "method-not-allowed"]);
        expect(refused.headers.get("allow")?.toLowerCase()).toContain(method);
      }
    },
  );
});

function operation(method: string, path: string): Operation {
  const found = description.paths[path]?.[method];
  if (found === undefined) throw new Error(`${method} ${path} is not described.`);
  return found;
}

/** The status is one of those described, with the fields and the content type that are described for it. */
async function expectDescribed(
  { operationId, responses }: Operation,
  response: Response,
  status?: number,
): Promise<void> {
  const body = await response.text();
  const where = `${operationId} answered ${response.status} ${body.slice(0, 200)}`;
  if (status !== undefined) expect(response.status, where).toBe(status);
  const described = responses[String(response.status)];
  expect(described, where).toBeDefined();
  const type = response.headers.get("content-type")?.split(";")[0];
  const answer: Answer | undefined =
    described?.$ref === undefined ? described : { content: { "application/json": problem } };
  if (answer?.content === undefined) return expect(body, where).toBe("");
  const content = answer.content[type ?? ""];
  expect(content, `${where} as ${type}`).toBeDefined();
  const schema = resolved(content?.schema);
  if (type !== "application/json" || schema?.required === undefined) return;
  const value = JSON.parse(body);
  for (const name of schema.required) expect(value, where).toHaveProperty(name);
}

const problem = { schema: { $ref: "#/components/schemas/Problem" } };

function resolved(schema: Schema | undefined): Schema | undefined {
  return schema?.$ref === undefined ? schema : description.components.schemas[schema.$ref.split("/").at(-1) ?? ""];
}

/** `method path` of every route of a router and the routers in it, as Express keeps them. */
function routesOf(router: Router): string[] {
  return router.stack.flatMap((layer) => {
    if (layer.route) {
      const { path, stack } = layer.route;
      return [...new Set(stack.flatMap(({ method }) => (method ? [`${method} ${path}`] : [])))];
    }
    const { handle } = layer as unknown as { readonly handle: Partial<Router> };
    return handle.stack ? routesOf(handle as Router) : [];
  });
}
