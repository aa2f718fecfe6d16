import { ServiceError } from "../errors.ts";
import type { LogLine } from "../log.ts";
import type { Settings } from "./settings.ts";
import { readSettingsFile, watchSettingsFile } from "./settings-file.ts";
import { type Validated, validate } from "./validate.ts";

/** Whoever works by the settings. */
interface Follower {
  /** Answers the names of what needs a restart. May throw `ServiceError`, and then has changed nothing. */
  change(settings: Settings): readonly string[];
  log(line: LogLine): void;
}

/** The settings of the file, overridden by those given in code, and kept up to date with the file. */
export class LiveSettings {
  readonly #given: Settings;
  readonly #stopWatching: () => void;
  #follower: Follower | undefined;
  #settings: Settings;

  /** Throws `ServiceError` if there is anything wrong with either. */
  constructor(options: Settings & { readonly settingsFile?: string; readonly log?: unknown }) {
    const { settingsFile, log: _log, ...given } = options;
    this.#given = orThrow(validate(given));
    if (settingsFile === undefined) {
      this.#settings = this.#given;
      this.#stopWatching = () => undefined;
      return;
    }
    this.#settings = this.#over(orThrow(readSettingsFile(settingsFile)));
    this.#stopWatching = watchSettingsFile(settingsFile, (validated) => this.#changed(validated));
  }

  get settings(): Settings {
    return this.#settings;
  }

  follow(follower: Follower): void {
    this.#follower = follower;
  }

  stop(): void {
    this.#stopWatching();
  }

  #changed(validated: Validated): void {
    const follower = this.#follower;
    if (follower === undefined) return;
    if (!validated.ok) {
      follower.log({ type: "settings-refused", problems: validated.problems });
      return;
    }
    const settings = this.#over(validated.settings);
    try {
      const needRestart = follower.change(settings);
      this.#settings = settings;
      follower.log({ type: "settings-changed", needRestart });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      follower.log({ type: "settings-refused", problems: [error.message] });
    }
  }

  #over(file: Settings): Settings {
    const given = Object.entries(this.#given).filter(([, value]) => value !== undefined);
    return { ...file, ...Object.fromEntries(given) };
  }
}

function orThrow(validated: Validated): Settings {
  if (validated.ok) return validated.settings;
  throw new ServiceError("bad-settings", validated.problems.join("\n"));
}
