/** Guards at the door of the maths: a number out of range is the caller's defect, and never becomes a result. */
import { LakeproofError } from "../../core/errors.ts";

/** Throws INTERNAL unless `holds`. */
export function requireThat(holds: boolean, message: string, hint: string): asserts holds {
  if (!holds) throw new LakeproofError("INTERNAL", message, { hint });
}

/** Strictly between 0 and 1; NaN is not. */
export function requireOpenRatio(name: string, value: number): void {
  if (value > 0 && value < 1) return;
  requireThat(false, `${name} is ${String(value)}.`, `Give a ${name} strictly between 0 and 1.`);
}

/** A whole number from `min` up to where doubles still count exactly. */
export function requireWhole(name: string, value: number, min = 0): void {
  requireThat(
    Number.isSafeInteger(value) && value >= min,
    `${name} is ${String(value)}.`,
    `Give a whole ${name} of at least ${String(min)}.`,
  );
}

/** At least `countMin` numbers, none of them NaN or infinite. */
export function requireFinite(name: string, values: readonly number[], countMin = 0): void {
  requireThat(
    values.length >= countMin,
    `${name} holds ${String(values.length)} values.`,
    `Give at least ${String(countMin)} values.`,
  );
  const index = values.findIndex((value) => !Number.isFinite(value));
  requireThat(
    index === -1,
    `${name}[${String(index)}] is ${String(values[index])}.`,
    "Leave absent and infinite values out, and count them apart.",
  );
}
