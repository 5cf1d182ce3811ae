/** What a finished `load kafka` left behind says: its rate beside the one offered, its lag, and its memory from end to end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KafkaLoadResult } from "../cli/load/kafka-result.ts";
import { GENERATOR_MEMORY_PROBE } from "../cli/run/samplers.ts";
import { LakeproofError } from "../core/errors.ts";
import type { Figure } from "./micro.ts";

const LAG_MS_MAX = 100;
const PART_COUNT = 5;

export function loadRunFigures(dir: string): readonly Figure[] {
  const result = JSON.parse(read(dir, "result.json")) as KafkaLoadResult;
  const { achievedEventsPerS, offeredEventsPerS, operations, durationMs, lagMs } = result;
  const never = operations.dropped + operations.unfinished;
  return [
    {
      name: `into Kafka for ${String(durationMs / 60_000)} min, ${result.verdict}`,
      value: `${achievedEventsPerS.toFixed(0)} events/s`,
      reference: `${String(offeredEventsPerS)} offered, ${String(never)} of ${String(operations.offered)} operations never done`,
      ratio: (achievedEventsPerS / offeredEventsPerS).toFixed(3),
      aim: "≥ 0.99",
    },
    {
      name: "generator lag p99",
      value: `${lagMs.p99?.toFixed(1) ?? "never"} ms`,
      reference: `${String(LAG_MS_MAX)} ms`,
      ratio: lagMs.p99 === null ? "–" : (lagMs.p99 / LAG_MS_MAX).toFixed(2),
      aim: "< 1",
    },
    ...memoryFigures(memoryBytes(read(dir, "journal.ndjson"), durationMs)),
  ];
}

function read(dir: string, name: string): string {
  try {
    return readFileSync(join(dir, name), "utf8");
  } catch (cause) {
    throw new LakeproofError("USAGE", `${dir} holds no ${name}.`, {
      hint: "Give the directory of a finished `lakeproof load kafka`, below loads/.",
      cause,
    });
  }
}

/** Once a second, the warm-up left out: it comes first, and code and buffers grow in it. */
function memoryBytes(journal: string, durationMs: number): readonly number[] {
  const samples = journal
    .split("\n")
    .filter((line) => line.includes(`"${GENERATOR_MEMORY_PROBE}"`))
    .map((line) => JSON.parse(line) as { readonly observed: { readonly value: number } });
  return samples.slice(-Math.floor(durationMs / 1000)).map(({ observed }) => observed.value);
}

/** The bank's state grows with the accounts that were ever touched, ever slower: the second half says whether it ends. */
function memoryFigures(bytes: readonly number[]): readonly Figure[] {
  const share = Math.floor(bytes.length / PART_COUNT);
  if (share === 0) return [];
  const part = (index: number): number =>
    Math.max(...bytes.slice(index * share, (index + 1) * share));
  const last = part(PART_COUNT - 1);
  return [["first", part(0)] as const, ["middle", part(Math.floor(PART_COUNT / 2))] as const].map(
    ([name, reference]) => ({
      name: `memory of the generator, last fifth beside the ${name}`,
      value: mebibytes(last),
      reference: mebibytes(reference),
      ratio: (last / reference).toFixed(2),
      aim: "≤ 1.1",
    }),
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
