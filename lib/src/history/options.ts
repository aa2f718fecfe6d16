/** What of the history an operator decides, with `createCollabServer({ history })`. All times are of the wall clock. */
export interface HistoryOptions {
  /** Milliseconds without an edit after which the next edit makes the state before it a version. Default: 10 minutes. */
  readonly pauseMs: number;
  /** Milliseconds between automatic versions while people edit without a pause. Default: an hour. */
  readonly everyMs: number;
  /** Automatic versions of one document; beyond, the oldest are forgotten. Default: 1,000. */
  readonly automaticVersions: number;
  /** Milliseconds for which single uploads can be told apart; then neighbours are merged by the hour. Default: 48 hours. */
  readonly detailedMs: number;
  /** Milliseconds after which they are merged by the day; not less than `detailedMs`. Default: 30 days. */
  readonly hourlyMs: number;
  /**
   * Milliseconds that history is kept at least. What is older goes when a document is next folded, up to a keyframe, and
   * never past a version that has a name or that a restore made. Default: `Infinity`, until the document is deleted.
   */
  readonly keepMs: number;
  /** Bytes of uploads in one chunk, before compression: what opening a version reads at most for nothing. Default: 4 MiB. */
  readonly chunkBytes: number;
  /** Uploads in one chunk. Default: 2,000. */
  readonly chunkEntries: number;
  /**
   * A keyframe, the whole state, follows once the chunks since the last take this part of what it takes itself. Less
   * opens versions faster and stores more. Default: 0.5.
   */
  readonly keyframeFactor: number;
}

const hour = 3_600_000;

export const defaultHistory: HistoryOptions = {
  pauseMs: 600_000,
  everyMs: hour,
  automaticVersions: 1_000,
  detailedMs: 48 * hour,
  hourlyMs: 720 * hour,
  keepMs: Number.POSITIVE_INFINITY,
  chunkBytes: 4_194_304,
  chunkEntries: 2_000,
  keyframeFactor: 0.5,
};

/** Two centuries: longer than that, a time was written in another unit. */
const timeMax = 6_311_520_000_000;

const bounds: Readonly<Record<keyof HistoryOptions, readonly [number, number]>> = {
  pauseMs: [1_000, timeMax],
  everyMs: [60_000, timeMax],
  automaticVersions: [0, 100_000],
  detailedMs: [0, timeMax],
  hourlyMs: [0, timeMax],
  keepMs: [hour, Number.POSITIVE_INFINITY],
  chunkBytes: [65_536, 67_108_864],
  chunkEntries: [10, 100_000],
  keyframeFactor: [0.05, 20],
};

/** With the defaults for what is not given. Throws a `TypeError` that names the option and what it may be. */
export function historyOptionsOf(given: Partial<HistoryOptions> = {}): HistoryOptions {
  const names = Object.keys(bounds);
  for (const [name, value] of Object.entries(given)) {
    if (!isOption(name)) throw new TypeError(`history.${name} is no option. There are ${names.join(", ")}.`);
    if (value === undefined) continue;
    const [min, max] = bounds[name];
    const isSound = typeof value === "number" && value >= min && value <= max;
    if (isSound && (name === "keyframeFactor" || value === Number.POSITIVE_INFINITY || Number.isInteger(value)))
      continue;
    const kind = name === "keyframeFactor" ? "a number" : "a whole number";
    throw new TypeError(`history.${name} must be ${kind} from ${min} to ${max}, and is ${shown(value)}.`);
  }
  const sound = Object.entries(given).filter(([, value]) => value !== undefined);
  const options: HistoryOptions = { ...defaultHistory, ...Object.fromEntries(sound) };
  if (options.hourlyMs >= options.detailedMs) return options;
  throw new TypeError(
    `history.hourlyMs (${options.hourlyMs}) must not be less than history.detailedMs (${options.detailedMs}). Set both.`,
  );
}

function isOption(name: string): name is keyof HistoryOptions {
  return Object.hasOwn(bounds, name);
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : `a ${value === null ? "null" : typeof value}`;
}
