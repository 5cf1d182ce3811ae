/** One file or command line as flat settings, and how rules read values and units from it. */

export interface Settings {
  /** As a reader is shown it: "kafka-0/server.properties", "worker.properties". */
  readonly file: string;
  /** Kind of the instance the settings belong to; absent where a file stands alone. */
  readonly component?: string;
  readonly values: Readonly<Record<string, string>>;
}

const MS_PER: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
};

/**
 * Milliseconds of "10 s", "1m30s", "500ms"; a bare number counts `bareMs` each. NaN for anything else: every
 * comparison with NaN is false, so a value nobody can read (a placeholder) accuses nobody.
 */
export function durationMs(text: string, bareMs = 1): number {
  const compact = text.replaceAll(/[\s"']/g, "").toLowerCase();
  if (/^-?\d+(\.\d+)?$/.test(compact)) return Number(compact) * bareMs;
  const parts = [...compact.matchAll(/(\d+(?:\.\d+)?)([a-z]+)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== compact) return Number.NaN;
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (MS_PER[unit ?? ""] ?? Number.NaN),
    0,
  );
}

const BYTE_PREFIXES = ["", "k", "m", "g", "t", "p"];

/** Bytes of "64GB", "128m", "6gb" (all binary, as these programs read them); bare numbers count `bareBytes`. */
export function sizeBytes(text: string, bareBytes = 1): number {
  const compact = text.replaceAll(/[\s"']/g, "").toLowerCase();
  if (/^-?\d+(\.\d+)?$/.test(compact)) return Number(compact) * bareBytes;
  const found = /^(\d+(?:\.\d+)?)([kmgtp]?)(?:i?b)?$/.exec(compact);
  if (found === null) return Number.NaN;
  return Number(found[1]) * 1024 ** BYTE_PREFIXES.indexOf(found[2] ?? "");
}

export function textOf(settings: Settings, key: string): string | undefined {
  return settings.values[key];
}

export function numberOf(settings: Settings, key: string, fallback: number): number {
  const text = settings.values[key];
  return text === undefined || text.trim() === "" ? fallback : Number(text);
}

export function msOf(settings: Settings, key: string, fallbackMs: number, bareMs = 1): number {
  const text = settings.values[key];
  return text === undefined ? fallbackMs : durationMs(text, bareMs);
}

export function bytesOf(
  settings: Settings,
  key: string,
  fallbackBytes: number,
  bareBytes = 1,
): number {
  const text = settings.values[key];
  return text === undefined ? fallbackBytes : sizeBytes(text, bareBytes);
}

const YES = new Set(["true", "on", "yes", "1", "enabled", "required"]);
const NO = new Set(["false", "off", "no", "0", "disabled", ""]);

/** A switch; what is neither yes nor no counts as the default. */
export function flagOf(settings: Settings, key: string, fallback: boolean): boolean {
  const text = settings.values[key]?.trim().toLowerCase();
  if (text === undefined) return fallback;
  if (YES.has(text)) return true;
  return NO.has(text) ? false : fallback;
}

/** File, key and value of a finding, with the program's default where nothing is set. */
export function at(
  settings: Settings,
  key: string,
  fallback: string,
): { readonly file: string; readonly key: string; readonly value: string } {
  const value = settings.values[key] ?? `not set (${fallback})`;
  return { file: settings.file, key, value: value.trim() === "" ? '""' : value };
}

/** The first of the keys that is set: programs rename their options and keep the old names. */
export function firstKey(settings: Settings, ...keys: readonly [string, ...string[]]): string {
  return keys.find((key) => settings.values[key] !== undefined) ?? keys[0];
}
