import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { accessKeyOf, serviceClient } from "./service-client.ts";

const key = "c2VjcmV0LXdpdGg9c2lnbnM=";

describe("the client of the service", () => {
  test("signs with the text of the access key, as the service expects it", async () => {
    const client = serviceClient(`Endpoint=http://localhost;Port=8080;AccessKey=${key};Version=1.0;`, "collab");
    const { token, baseUrl } = await client.getClientAccessToken({ userId: "ada", groups: ["g"] });
    const [header, claims, signature] = token.split(".");
    expect(createHmac("sha256", key).update(`${header}.${claims}`).digest("base64url")).toBe(signature);
    expect(JSON.parse(Buffer.from(claims ?? "", "base64url").toString())).toMatchObject({
      sub: "ada",
      aud: "http://localhost:8080/client/hubs/collab",
      "webpubsub.group": ["g"],
    });
    expect(baseUrl).toBe("ws://localhost:8080/client/hubs/collab");
  });

  test.each([
    ["Endpoint=https://a.webpubsub.azure.com;Version=1.0;", "access key"],
    [`AccessKey=${key};`, "endpoint"],
  ])("%s is refused", (connectionString, missing) => {
    expect(() => serviceClient(connectionString, "collab")).toThrow(missing);
  });

  test("the key is found whatever the case of its name, with the signs it holds", () => {
    expect(accessKeyOf(`endpoint=http://a; accesskey=${key};`)).toBe(key);
    expect(accessKeyOf("Endpoint=http://a;")).toBe("");
  });
});
