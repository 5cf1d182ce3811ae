/** Options of the regression verbs from text to values; what is out of range is refused with what is allowed. */
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { Random, subSeed } from "../../generators/random.ts";
import type { RandomOf } from "../../slo/regression/two-runs.ts";

export const EFFECT_DEFAULT = "5%";
/** What a machine of one's own with nothing beside differs by at best; a calibration says what it really is. */
export const NOISE_DEFAULT = "2%";
export const SEED_DEFAULT = "1";

/** "5%" or "0.05". */
export function ratioOption(name: string, text: string, least: number, most: number): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  const ratio = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
  if (ratio >= least && ratio <= most) return ratio;
  throw new LakeproofError("USAGE", `${name} is ${JSON.stringify(text)}.`, {
    hint: `Allowed are ${String(least * 100)}% to ${String(most * 100)}%, as 5% or 0.05.`,
  });
}

/** One stream a label, all from one seed. */
export function randomFrom(seedText: string): RandomOf {
  if (!/^\d{1,20}$/.test(seedText) || BigInt(seedText) >= 1n << 64n) {
    throw new LakeproofError("USAGE", `--seed is ${JSON.stringify(seedText)}.`, {
      hint: "Allowed is a whole number from 0 to 18446744073709551615.",
    });
  }
  const seed = BigInt(seedText);
  return (label) => {
    const stream = new Random(subSeed(seed, label));
    return () => stream.unit();
  };
}

export function consoleOptions(): { readonly color: boolean; readonly columns: number } {
  const color = host.stdoutIsTty && host.env["NO_COLOR"] === undefined;
  return { color, columns: host.columns };
}
