import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { startGuarded } from "./guarded.ts";
import { installedServices } from "./services.ts";

/** Azure Blob Storage's emulator for tests. */
export interface Azurite {
  readonly connectionString: string;
  /** For looking at what a store wrote, and damaging it. */
  readonly admin: BlobServiceClient;
  stop(): Promise<void>;
}

const account = "tests";
const key = Buffer.from("a key for tests only, nothing is behind it").toString("base64");

/** Azurite of npm on a loopback port, in memory, without telemetry. It ends with this process. */
export async function startAzurite(): Promise<Azurite> {
  const main = join(installedServices(), "azurite", "dist", "src", "blob", "main.js");
  const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-azurite-"));
  const flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"];
  const server = await startGuarded([process.execPath, main, "--blobHost", "127.0.0.1", "--blobPort", "0", ...flags], {
    cwd: folder,
    env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}`, NODE_OPTIONS: "" },
    signal: "TERM",
    ready: /listens on http:\/\/127\.0\.0\.1:(\d+)/,
  });
  const endpoint = `http://127.0.0.1:${server.said}/${account}`;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${endpoint};`;
  return {
    connectionString,
    admin: BlobServiceClient.fromConnectionString(connectionString),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
