import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Authorize } from "../access.ts";
import { authorizeByToken } from "./jwt.ts";
import type { Settings } from "./settings.ts";
import { SettingError } from "./store-url.ts";

/** Who decides, as the settings say: a module or tokens, exactly one of them. There is no default that allows. */
export async function authorizeOf(settings: Settings): Promise<Authorize> {
  const module = settings.text("authorize");
  const secret = settings.text("jwt-secret");
  if (module !== undefined && secret !== undefined) {
    throw new SettingError(
      `Give either ${settings.nameOf("authorize")} or ${settings.nameOf("jwt-secret")}, not both.`,
    );
  }
  if (secret !== undefined) {
    try {
      return authorizeByToken({ secret, audience: settings.text("jwt-audience") ?? null, now: Date.now });
    } catch (error) {
      if (error instanceof RangeError) throw new SettingError(`${settings.nameOf("jwt-secret")}: ${error.message}`);
      throw error;
    }
  }
  if (module === undefined) {
    throw new SettingError(
      "Nobody decides who may open a document. Give --authorize <module>, or Y_WEBPUBSUB_JWT_SECRET for signed tokens.",
    );
  }
  return load(module);
}

async function load(path: string): Promise<Authorize> {
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    throw new SettingError(`The module of --authorize cannot be loaded: ${reason}`);
  }
  const decide: unknown = typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : null;
  if (isAuthorize(decide)) return decide;
  throw new SettingError(
    `${path} has no default export that is a function. Write: export default (request, document) => ({ userId, role })`,
  );
}

/** What it answers is checked on each request. */
function isAuthorize(value: unknown): value is Authorize {
  return typeof value === "function";
}
