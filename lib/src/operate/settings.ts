import { readFile } from "node:fs/promises";
import { parseJson } from "y-webpubsub/core";
import { type Options, settingNames } from "./command-line.ts";
import { SettingError } from "./store-url.ts";

const configBytesMax = 262_144;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of a command by option name: the command line wins over the environment, the environment over the file.
 * Every getter throws a `SettingError` that names the setting, where it came from, and what it may be.
 */
export class Settings {
  readonly #sources: readonly Source[];
  readonly environment: Environment;

  private constructor(sources: readonly Source[], environment: Environment) {
    this.#sources = sources;
    this.environment = environment;
  }

  static async read(options: Options, environment: Environment): Promise<Settings> {
    const path = options.texts.get("config") ?? environment["Y_WEBPUBSUB_CONFIG"];
    const file = path === undefined ? new Map<string, unknown>() : await readConfig(path);
    return new Settings(
      [
        { name: (option) => `--${option}`, get: (option) => options.lists.get(option) ?? options.texts.get(option) },
        { name: variableOf, get: (option) => nonEmpty(environment[variableOf(option)]) },
        { name: (option) => `"${option}" in ${path}`, get: (option) => file.get(option) },
      ],
      environment,
    );
  }

  text(option: string): string | undefined {
    const found = this.#find(option);
    if (found === undefined) return undefined;
    if (typeof found.value === "string" && found.value !== "") return found.value;
    if (typeof found.value === "number") return String(found.value);
    throw new SettingError(`${found.name} must be a text.`);
  }

  /** A whole number from `min` to `max`. */
  whole(option: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(option);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new SettingError(`${this.nameOf(option)} must be a whole number from ${min} to ${max}.`);
  }

  /** Of the environment: separated by commas. */
  list(option: string): readonly string[] {
    const found = this.#find(option);
    if (found === undefined) return [];
    const { value, name } = found;
    if (typeof value === "string") return value.split(",").map((item) => item.trim());
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw new SettingError(`${name} must be a list of texts.`);
  }

  /** Undefined: not given. */
  oneOf<T extends string>(option: string, choices: readonly T[]): T | undefined {
    const text = this.text(option);
    if (text === undefined) return undefined;
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw new SettingError(`${this.nameOf(option)} must be ${choices.join(" or ")}.`);
    return choice;
  }

  /** Where the setting came from, for messages. */
  nameOf(option: string): string {
    return this.#find(option)?.name ?? `--${option}`;
  }

  get connectionString(): string | undefined {
    return this.text("connection-string") ?? nonEmpty(this.environment["WEBPUBSUB_CONNECTION_STRING"]);
  }

  get hub(): string {
    return this.text("hub") ?? "collab";
  }

  get store(): string {
    const url = this.text("store");
    if (url !== undefined) return url;
    throw new SettingError("--store is missing. For one server: --store level:./data. See --help for the others.");
  }

  #find(option: string): { readonly name: string; readonly value: unknown } | undefined {
    for (const { name, get } of this.#sources) {
      const value = get(option);
      if (value !== undefined) return { name: name(option), value };
    }
    return undefined;
  }
}

interface Source {
  readonly name: (option: string) => string;
  readonly get: (option: string) => unknown;
}

function variableOf(option: string): string {
  return `Y_WEBPUBSUB_${option.toUpperCase().replaceAll("-", "_")}`;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

async function readConfig(path: string): Promise<ReadonlyMap<string, unknown>> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new SettingError(`The file of --config cannot be read (${reason}): ${path}`);
  }
  const json = parseJson(bytes, { bytesMax: configBytesMax, depthMax: 4 });
  if (!json.ok) throw new SettingError(`${path} is not JSON (${json.problem}). See --help for an example.`);
  if (typeof json.value !== "object" || json.value === null || Array.isArray(json.value)) {
    throw new SettingError(`${path} must hold a JSON object. See --help for an example.`);
  }
  const settings = new Map<string, unknown>(Object.entries(json.value));
  for (const name of settings.keys()) {
    if (settingNames.has(name)) continue;
    throw new SettingError(
      `"${name.slice(0, 60)}" in ${path} is no setting. There are ${[...settingNames].join(", ")}.`,
    );
  }
  return settings;
}
