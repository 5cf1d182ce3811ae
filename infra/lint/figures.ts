/** Numbers as a person reads them in one line. */

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** At most one decimal, none where it is zero. */
function short(value: number): string {
  return value >= 100 ? count(value) : String(Number(value.toFixed(1)));
}

/** How often, in the unit that shows it: "100/s", "278/h". */
export function rate(perS: number): string {
  return perS < 1 ? `${count(perS * 3600)}/h` : `${count(perS)}/s`;
}

/** A span of time in the unit that fits it. */
export function span(ms: number): string {
  if (ms < 1000) return `${short(ms)} ms`;
  if (ms < 600_000) return `${short(ms / 1000)} s`;
  if (ms < 7_200_000) return `${short(ms / 60_000)} min`;
  if (ms < 259_200_000) return `${short(ms / 3_600_000)} h`;
  return `${short(ms / 86_400_000)} days`;
}

/** Decimal units, as drives and networks are sold. */
export function size(bytes: number): string {
  for (const [unit, factor] of [
    ["TB", 1e12],
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (bytes >= factor) return `${short(bytes / factor)} ${unit}`;
  }
  return `${short(bytes)} bytes`;
}

/** Binary units, as programs count memory. */
export function memory(bytes: number): string {
  for (const [unit, factor] of [
    ["TiB", 1024 ** 4],
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
  ] as const) {
    if (bytes >= factor) return `${short(bytes / factor)} ${unit}`;
  }
  return `${short(bytes)} bytes`;
}

export function percent(ratio: number): string {
  return `${short(ratio * 100)} %`;
}

/** "1 broker", "5 brokers". */
export function plural(value: number, noun: string, many = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : many}`;
}
