/** The series of the history store that hold one run, as a page beside its report shows them. */
import type { SeriesHistory } from "../../core/contracts/comparison.ts";
import { LakeproofError } from "../../core/errors.ts";
import { seriesHistory, seriesOf } from "../../slo/regression/history.ts";
import { openHistory } from "./history-store.ts";
import { EFFECT_DEFAULT, randomFrom, ratioOption, SEED_DEFAULT } from "./options.ts";

/** Throws RUN_NOT_FOUND where the store does not hold the run. */
export function historiesOf(runId: string, directory: string): readonly SeriesHistory[] {
  const store = openHistory(directory);
  const entries = store.entries();
  const wanted = new Set(entries.filter((entry) => entry.runId === runId).map(seriesOf));
  if (wanted.size === 0) {
    throw new LakeproofError("RUN_NOT_FOUND", `The history ${directory} does not hold ${runId}.`, {
      hint: `Keep it first: \`lakeproof history add <run directory> --history ${directory}\`.`,
    });
  }
  const acknowledgements = store.acknowledgements();
  const options = {
    effectRatioMin: ratioOption("--min-effect", EFFECT_DEFAULT, 0.001, 1),
    randomOf: randomFrom(SEED_DEFAULT),
    acknowledgements,
  };
  return [...Map.groupBy(entries, seriesOf)]
    .filter(([series]) => wanted.has(series))
    .map(([, own]) => seriesHistory(own, options));
}
