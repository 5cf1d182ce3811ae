/**
 * What an instance's processes add to their wall clock, in a file that all of them have mapped: three signed 64-bit
 * numbers, least significant byte first. It is written in place, so that they see it at once.
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";

const FIELD_BYTES = 8;
const NS_PER_MS = 1_000_000n;
/** Milliseconds a second as parts per million. */
const PPM_PER_MS_PER_S = 1000;

interface ClockShift {
  readonly offsetMs: number;
  /** How much further it gets ahead in each second of true time. */
  readonly driftMsPerS: number;
}

/** Content of a page that changes nothing. */
export const STILL_PAGE = "\0".repeat(3 * FIELD_BYTES);

/** From `sinceEpochMs` on the clock gets further ahead by the drift; until then it has run away from nothing. */
export function writeShift(path: string, shift: ClockShift, sinceEpochMs: number): void {
  write(
    path,
    [BigInt(shift.offsetMs) * NS_PER_MS, BigInt(Math.round(sinceEpochMs)) * NS_PER_MS],
    0,
  );
  // Last: read with the old moment, a drift would be one since the beginning of time.
  write(path, [BigInt(Math.round(shift.driftMsPerS * PPM_PER_MS_PER_S))], 2);
}

/** True time again. Idempotent; nothing is done where there is no page any more. */
export function writeStill(path: string): void {
  if (!existsSync(path)) return;
  write(path, [0n], 2);
  write(path, [0n, 0n], 0);
}

export function readShift(path: string): ClockShift {
  const bytes = readFileSync(path);
  return {
    offsetMs: Number(bytes.readBigInt64LE(0) / NS_PER_MS),
    driftMsPerS: Number(bytes.readBigInt64LE(2 * FIELD_BYTES)) / PPM_PER_MS_PER_S,
  };
}

function write(path: string, fields: readonly bigint[], from: number): void {
  const bytes = Buffer.alloc(fields.length * FIELD_BYTES);
  for (const [at, field] of fields.entries()) bytes.writeBigInt64LE(field, at * FIELD_BYTES);
  const file = openSync(path, "r+");
  try {
    writeSync(file, bytes, 0, bytes.length, from * FIELD_BYTES);
  } finally {
    closeSync(file);
  }
}
