import { expect, test } from "vitest";
import { AzureBlobStore } from "./azure-blob.ts";

const account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:9/a;";

test("options that cannot be meant are refused with what to pass", () => {
  expect(() => new AzureBlobStore({})).toThrow("connectionString or containerClient");
  expect(() => new AzureBlobStore({ connectionString: "" })).toThrow("connectionString or containerClient");
  expect(new AzureBlobStore({ connectionString: account }).shared).toBe(true);
});
