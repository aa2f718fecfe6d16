import { WebPubSubClient } from "@azure/web-pubsub-client";
import { expect, onTestFinished, test } from "vitest";
import { quietAcks } from "./quiet-acks.ts";

interface Acks {
  registerAck(): { wait(): Promise<unknown> };
  rejectAll(reason: () => Error): void;
}

function acksOf(client: WebPubSubClient): Acks {
  return Reflect.get(client, "_ackManager") as Acks;
}

test("an ack that is given up before anybody waits is no unhandled rejection, and whoever waits then is rejected", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
  onTestFinished(() => {
    process.off("unhandledRejection", note);
    for (const listener of before) process.on("unhandledRejection", listener);
  });
  const asIs = new WebPubSubClient("wss://service.example/client/hubs/h");
  acksOf(asIs).registerAck();
  acksOf(asIs).rejectAll(() => new Error("as it is"));
  const quiet = new WebPubSubClient("wss://service.example/client/hubs/h");
  quietAcks(quiet);
  const entry = acksOf(quiet).registerAck();
  acksOf(quiet).rejectAll(() => new Error("quiet"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled.map(String)).toEqual(["Error: as it is"]);
  await expect(entry.wait()).rejects.toThrow("quiet");
});
