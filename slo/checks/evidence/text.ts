/** How figures read in a verdict's sentence. */

/** 12 345: thousands apart, at most two decimals. */
export function figure(value: number): string {
  if (Math.abs(value) < 1000) return String(Number(value.toFixed(2)));
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** "0.12 %": three significant digits, never rounded to a bare zero. */
export function percent(ratio: number): string {
  const value = Number((ratio * 100).toPrecision(3));
  return `${String(value)} %`;
}

/** "850 ms", "12.3 s", "4 min 10 s", "8 h 19 min", "3.2 days". */
export function duration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${String(Number((ms / 1000).toFixed(1)))} s`;
  if (ms < 3_600_000) return parts(ms / 1000, "min", "s");
  if (ms < 48 * 3_600_000) return parts(ms / 60_000, "h", "min");
  return `${(ms / 86_400_000).toFixed(1)} days`;
}

function parts(small: number, bigName: string, smallName: string): string {
  const whole = Math.round(small);
  const rest = whole % 60;
  const big = `${String(Math.floor(whole / 60))} ${bigName}`;
  return rest === 0 ? big : `${big} ${String(rest)} ${smallName}`;
}

/** The first few lines, and how many more there are: nothing disappears without a word. */
export function firstLines(lines: readonly string[], countMax = 20): readonly string[] {
  if (lines.length <= countMax) return lines;
  const rest = lines.length - countMax;
  return [...lines.slice(0, countMax), `… and ${figure(rest)} more`];
}
