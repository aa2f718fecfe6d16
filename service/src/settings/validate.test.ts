import { describe, expect, test } from "vitest";
import type { Settings } from "./settings.ts";
import { hubIndex } from "./settings.ts";
import { validate } from "./validate.ts";

const handler = { urlTemplate: "http://localhost:3000/{hub}/{event}", userEventPattern: "*" };

const everything: Settings = {
  port: 0,
  host: "127.0.0.1",
  accessKey: "k".repeat(32),
  secondaryKey: "s".repeat(32),
  useDevelopmentKey: false,
  hosts: ["chat.example.com:8443", "[::1]:80"],
  keepAliveSeconds: 0.5,
  faults: true,
  logLevel: "error",
  limits: { recoveryMs: 1, messageBytesMax: 2_000_000 },
  upstreamLimits: { callMs: 5, retryDelaysMs: [] },
  hubs: {
    Chat: {
      anonymousConnectPolicy: "allow",
      eventHandlers: [
        { urlTemplate: "https://h.example/{EVENT}?code=1", systemEvents: ["connect", "connected", "disconnected"] },
        { ...handler, userEventPattern: "one, Two.x-y" },
      ],
    },
    empty: {},
  },
};

function problems(value: unknown): readonly string[] {
  const validated = validate(value);
  return validated.ok ? [] : validated.problems;
}

function withHandler(change: object): object {
  return { hubs: { chat: { eventHandlers: [{ ...handler, ...change }] } } };
}

test.each([{}, everything, { port: undefined }])("settings %# are fine", (settings) => {
  expect(validate(settings)).toEqual({ ok: true, settings });
});

test("a handler may have auth as on Azure", () => {
  for (const auth of [{ type: "None" }, { type: "ManagedIdentity", managedIdentity: { resource: "api://chat" } }]) {
    expect(problems(withHandler({ auth }))).toEqual([]);
  }
});

test.each([
  [{}, 'auth has no type. Known are "None", "ManagedIdentity".'],
  [{ type: "Basic" }, 'auth.type must be one of "None", "ManagedIdentity", not "Basic".'],
  [{ type: "ManagedIdentity" }, "auth has no managedIdentity.resource."],
  [{ type: "ManagedIdentity", managedIdentity: { resource: " " } }, "auth.managedIdentity.resource must not be blank."],
  [{ type: "None", managedIdentity: { resource: "a" } }, 'auth takes no managedIdentity with the type "None".'],
])("the auth %j of a handler is explained", (auth, problem) => {
  expect(problems(withHandler({ auth })).join()).toContain(`hubs.chat.eventHandlers[0].${problem}`);
});

describe("each problem names its path and the way out", () => {
  test.each<[unknown, string]>([
    [null, "The settings must be an object in curly brackets, not null."],
    [[], "The settings must be an object in curly brackets, not a list."],
    [{ prot: 1 }, "prot is not a known setting. Known here: port, host"],
    [{ Port: 1 }, "Port is not a known setting. Did you mean 'port'?"],
    [{ keepAlive: 1 }, "keepAlive is not a known setting. Did you mean 'keepAliveSeconds'?"],
    [{ constructor: 1 }, "constructor is not a known setting."],
    [JSON.parse('{"__proto__":{}}'), "__proto__ is not a known setting."],
    [{ port: "8080" }, 'port must be a whole number from 0 to 65535, not "8080".'],
    [{ port: 65_536 }, "port must be a whole number from 0 to 65535, not 65536."],
    [{ port: 1.5 }, "port must be a whole number"],
    [{ host: " " }, "host must not be blank."],
    [{ hosts: "a" }, 'hosts must be a list in square brackets, not "a".'],
    [{ hosts: ["a", "http://b"] }, "hosts[1] must be a host, with its port"],
    [{ accessKey: 1 }, "accessKey must be a text, not 1."],
    [{ keepAliveSeconds: 0 }, "keepAliveSeconds must be a number above 0 to 120, not 0."],
    [{ keepAliveSeconds: 121 }, "keepAliveSeconds must be"],
    [{ keepAliveSeconds: Number.NaN }, "keepAliveSeconds must be"],
    [{ useDevelopmentKey: "yes" }, 'useDevelopmentKey must be true or false, not "yes".'],
    [{ logLevel: "debug" }, 'logLevel must be one of "none", "error", "info", not "debug".'],
    [{ limits: { recoveryMs: 0 } }, "limits.recoveryMs must be a whole number from 1"],
    [{ limits: { recovery: 1 } }, "limits.recovery is not a known setting. Did you mean 'recoveryMs'?"],
    [{ upstreamLimits: { retryDelaysMs: [1, "2"] } }, "upstreamLimits.retryDelaysMs[1] must be a whole number from 0"],
    [{ hubs: [] }, "hubs must be an object in curly brackets, not a list."],
    [{ hubs: { "1st": {} } }, "hubs has the hub name '1st'."],
    [{ hubs: { chat: {}, Chat: {} } }, "hubs names the hub 'Chat' twice."],
    [{ hubs: { chat: null } }, "hubs.chat must be an object"],
    [
      { hubs: { chat: { anonymousConnectPolicy: true } } },
      'hubs.chat.anonymousConnectPolicy must be one of "allow", "deny"',
    ],
    [
      { hubs: { chat: { eventHandler: [] } } },
      "hubs.chat.eventHandler is not a known setting. Did you mean 'eventHandlers'?",
    ],
    [{ hubs: { chat: { eventHandlers: [{}] } } }, "hubs.chat.eventHandlers[0] has no urlTemplate."],
    [
      { hubs: { chat: { eventHandlers: [{ urlTemplate: handler.urlTemplate }] } } },
      "hubs.chat.eventHandlers[0] takes no event.",
    ],
    [
      withHandler({ urlTemplate: "localhost:3000" }),
      "hubs.chat.eventHandlers[0].urlTemplate must be an http or https URL",
    ],
    [withHandler({ urlTemplate: "ftp://a/b" }), "urlTemplate must be an http or https URL"],
    [withHandler({ urlTemplate: "tunnel:///events" }), "Tunnels are not offered"],
    [withHandler({ urlTemplate: "http://{hub}.example/" }), "must not have a parameter in its host."],
    [withHandler({ urlTemplate: "http://a/{user}" }), "has the unknown parameter {user}."],
    [withHandler({ urlTemplate: "http://a/{@Microsoft.KeyVault(SecretUri=x)}" }), "must not name a key vault."],
    [withHandler({ userEventPattern: "a,,b" }), "userEventPattern must be"],
    [withHandler({ userEventPattern: "a*" }), "'a*' is no event name."],
    [withHandler({ systemEvents: ["connects"] }), "systemEvents[0] must be one of"],
  ])("%j", (settings, problem) => {
    expect(problems(settings)).toEqual([expect.stringContaining(problem)]);
  });

  test("all at once, and never with a long text that may be a key", () => {
    const key = "secret-secret-secret-secret";
    const found = problems({ port: key, host: 1, hubs: { chat: { eventHandlers: [{ ...handler, x: 1 }] } } });
    expect(found).toHaveLength(3);
    expect(found.join()).not.toContain("secret");
  });
});

test("hubs are listed by their names in lower case", () => {
  expect([...hubIndex(everything).keys()]).toEqual(["chat", "empty"]);
  expect(hubIndex(everything).get("chat")).toBe(everything.hubs?.["Chat"]);
  expect(hubIndex({}).get("constructor")).toBeUndefined();
});
