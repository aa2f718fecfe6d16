import { randomUUID } from "node:crypto";
import { describe, test } from "vitest";
import { startAzurite } from "../support/azurite.ts";
import { startPostgres } from "../support/postgres.ts";
import { survive } from "./many-servers-scenario.ts";

describe("three servers on one store, one frozen and one killed: nothing with a receipt is lost or doubled", () => {
  test("DU3 DU11 on PostgreSQL, and initial content is there once", { timeout: 400_000 }, async () => {
    const postgres = await startPostgres();
    try {
      await survive({
        store: { POSTGRES: postgres.connectionString, SCHEMA: `test_${randomUUID()}` },
        documents: ["shared", "second"],
        uploadersPerDocument: 6,
        elementBytes: 32_768,
        receiptsPerPart: 40,
      });
    } finally {
      await postgres.stop();
    }
  });

  test("DU3 DU11 on Azure Blob, and initial content is there once", { timeout: 400_000 }, async () => {
    const azurite = await startAzurite();
    try {
      await survive({
        store: { AZURE_BLOB: azurite.connectionString, CONTAINER: "test" },
        documents: ["shared", "second"],
        uploadersPerDocument: 4,
        elementBytes: 32_768,
        receiptsPerPart: 24,
      });
    } finally {
      await azurite.stop();
    }
  });
});
