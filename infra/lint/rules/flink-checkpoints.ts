/** Flink: how long a checkpoint may hang before it is given up, and what stands still meanwhile. */
import { COMMIT_MS } from "../estimates.ts";
import { count, plural, span } from "../figures.ts";
import { checkpointIntervalMs, flinkAt } from "../flink-settings.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, msOf, numberOf } from "../settings.ts";

export const flinkCheckpointTimeout: LintRule = {
  id: "flink-checkpoint-timeout",
  purpose:
    "Checkpoint timeout against interval and freshness objective: how old changes are when a hanging checkpoint is given up, and how often that may happen.",
  needs: ["flink"],
  check: (facts) => {
    const { freshnessMs } = facts.targets;
    const intervalMs = checkpointIntervalMs(facts);
    const { settings, key } = flinkAt(facts, "execution.checkpointing.timeout");
    const timeoutMs = msOf(settings, key, 600_000);
    const ageMs = intervalMs + timeoutMs + intervalMs + COMMIT_MS;
    if (!(ageMs > freshnessMs)) return [];
    const failures = flinkAt(facts, "execution.checkpointing.tolerable-failed-checkpoints");
    const tolerated = numberOf(failures.settings, failures.key, 0);
    const silentMs = (tolerated + 1) * Math.max(timeoutMs, intervalMs);
    const again =
      tolerated > 0
        ? ` ${count(tolerated + 1)} in a row may hang before the job restarts by itself: ${span(silentMs)} without a commit.`
        : "";
    const missed = Math.floor(timeoutMs / intervalMs);
    const roomS = Math.floor((freshnessMs - 2 * intervalMs - COMMIT_MS) / 1000);
    return [
      {
        severity: "warning",
        ...at(settings, key, "default 10 min"),
        consequence: `One checkpoint that hangs (a lost acknowledgement, a slow object store) blocks ${plural(missed, "commit")} until it times out: ${span(intervalMs)} + ${span(timeoutMs)} timeout + ${span(intervalMs)} to the next + about ${span(COMMIT_MS)} commit = ${span(ageMs)} worst age, against ${span(freshnessMs)}, though nothing failed.${again}`,
        change:
          roomS >= 5
            ? `Set it to ${String(roomS)} s, as far as checkpoints complete in a fraction of that.`
            : "Checkpoint more often first: at this interval no timeout leaves room for a second try.",
      } satisfies Draft,
    ];
  },
};
