/** Every system in its production count, one of each lost under load. Too long for every change. */
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { lakeproof, leftovers, objectivesOf } from "../e2e/lab.ts";

const RUN_MS_MAX = 60 * 60_000;
/** Below this many cores its 69 processes leave too little of them for the declared rate. */
const CORE_COUNT_MIN = 8;
const SMALL_RATE_EVENTS_PER_S = 200;

test(
  "production survives the loss of one node of each kind without losing a change",
  { timeout: RUN_MS_MAX },
  async () => {
    const started = lakeproof(["run", "production", "--seed", "20261125", ...rate()], true);
    const code = await started.ended;
    const { verdicts } = objectivesOf(started);
    const failed = verdicts.filter(({ claimed, status }) => claimed && status !== "PROVEN");
    expect(failed.map(({ id, because }) => `${id}: ${because}`)).toEqual([]);
    expect(code).toBe(0);
    expect(leftovers()).toEqual([]);
  },
);

function rate(): readonly string[] {
  const coreCount = availableParallelism();
  if (coreCount >= CORE_COUNT_MIN) return [];
  const events = String(SMALL_RATE_EVENTS_PER_S);
  process.stderr.write(`${String(coreCount)} cores: loaded with ${events} events/s, not 1000.\n`);
  return ["--rate", events];
}
