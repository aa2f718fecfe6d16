import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { sign } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { frame, text } from "./websocket-frames.ts";

const launcher = fileURLToPath(new URL("../../service/bin/webpubsub-local.js", import.meta.url));
const accessKey = "canary-key-canary-key-canary-key-0001";
/** Marks every payload, good or bad, and every claim and query that has no business in a log. */
const canary = "c4n4ry-payload";
const reliable = "json.reliable.webpubsub.azure.v1";

test("no token, key or payload is logged, whatever happens to it", async () => {
  const child = spawn(process.execPath, [launcher, "--port", "0", "--faults"], {
    env: { ...process.env, WEBPUBSUB_LOCAL_KEY: accessKey },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  const endpoint = await new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output.stdout += String(chunk);
      const found = /endpoint (http:\S+)\n(?:.*\n)+$/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  child.stderr.on("data", (chunk) => (output.stderr += String(chunk)));
  const hubPath = "/client/hubs/chat";
  const exp = Math.floor(Date.now() / 1000) + 60;
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  const good = sign({ aud: `${endpoint}${hubPath}`, exp, role: roles, sub: "ada", other: canary }, { key: accessKey });
  const bad = sign({ aud: `${endpoint}${hubPath}`, exp, sub: canary }, { key: "another-key-another-key-another-key" });
  const secrets = [accessKey, canary, good, bad, ...good.split(".").slice(1), ...bad.split(".").slice(1)];
  const url = `${endpoint.replace("http", "ws")}${hubPath}`;

  // A good client that publishes, and frames that break every rule there is, each with the canary inside.
  const ada = new WebSocket(`${url}?access_token=${good}`, reliable);
  const frames: string[] = [];
  ada.on("message", (data) => frames.push(String(data)));
  await once(ada, "open");
  for (const dataType of ["text", "json", "binary"]) {
    const data = dataType === "binary" ? Buffer.from(canary).toString("base64") : canary;
    ada.send(JSON.stringify({ type: "sendToGroup", group: "g", ackId: 1, dataType, data }));
  }
  ada.send(JSON.stringify({ type: "event", event: "e", ackId: 2, dataType: "text", data: canary }));
  while (frames.length < 4) await once(ada, "message");
  const { connectionId, reconnectionToken } = JSON.parse(frames[0] ?? "{}");
  secrets.push(reconnectionToken);
  const broken = [text(`{"${canary}`), text(`{"type":"${canary}"}`), frame({ opcode: 2, payload: canary })];
  for (const bytes of [...broken, frame({ opcode: 3, payload: canary }), Buffer.from(`${canary}${canary}`)]) {
    const raw = await RawClient.open(`${endpoint}${hubPath}?access_token=${good}`, reliable);
    raw.socket.write(bytes);
    while ((await raw.next()).type !== "close");
    raw.socket.destroy();
  }

  // Upgrades, recoveries and REST calls that are refused.
  for (const query of [`access_token=${bad}`, `access_token=${canary}`, `token=${good}`]) {
    const refused = new WebSocket(`${url}?${query}`, reliable);
    await once(refused, "error");
  }
  for (const token of [canary, reconnectionToken]) {
    const again = new WebSocket(
      `${url}?awps_connection_id=${token === canary ? connectionId : "x"}&awps_reconnection_token=${token}`,
      reliable,
    );
    await once(again, "close");
  }
  const admin = new WebPubSubServiceClient(`Endpoint=${endpoint};AccessKey=${accessKey};Version=1.0;`, "chat", {
    allowInsecureConnection: true,
  });
  await admin.sendToAll(canary, { contentType: "text/plain" });
  for (const authorization of [`Bearer ${good}`, `Bearer ${bad}`, canary]) {
    await fetch(`${endpoint}/api/hubs/chat/:send?${canary}=1`, {
      method: "POST",
      body: canary,
      headers: { authorization },
    });
  }
  for (const path of ["/api/hubs/chat/:send", "/api/hubs/chat/:addToGroups"]) {
    const aud = `${endpoint}${path}`;
    const authorization = `Bearer ${sign({ aud, exp }, { key: accessKey })}`;
    const headers = { authorization, "content-type": "application/json" };
    expect((await fetch(aud, { method: "POST", body: `{${canary}`, headers })).status).toBe(400);
  }
  const rule = { method: "POST", headers: { "content-type": "application/json" }, body: `{${canary}` };
  expect((await fetch(`${endpoint}/faults`, rule)).status).toBe(400);
  const seen = await (await fetch(`${endpoint}/metrics`)).text();
  ada.close();
  await once(ada, "close");

  child.kill("SIGTERM");
  await once(child, "close");
  const lines = output.stderr.trim().split("\n");
  const types = new Set(lines.map((line) => JSON.parse(line).type));
  for (const type of ["listening", "connected", "disconnected", "upgrade-refused", "recovery-refused", "stopped"]) {
    expect(types).toContain(type);
  }
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10);
    expect(output.stderr).not.toContain(secret);
    expect(seen).not.toContain(secret);
    // The connection string, printed at the start, is the one place that shows the key.
    if (secret !== accessKey) expect(output.stdout).not.toContain(secret);
  }
});
