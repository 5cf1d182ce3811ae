/** `lakeproof rules`: alerts on the error budgets of a run, and tests of them made from what it recorded. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { JournalReader } from "../core/contracts/journal.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { readJournal } from "../core/journal.ts";
import {
  burnRulesYaml,
  burnTestsYaml,
  type RecordedObjective,
} from "../infra/monitoring/burn-rules.ts";
import { errorGroups } from "../slo/checks/evidence/operations.ts";
import { secondsOf } from "../slo/checks/evidence/rows.ts";
import { burnRateHistory } from "../slo/maths/burn-rate.ts";

export interface RulesOptions {
  readonly json: boolean;
  readonly outDir: string;
}

const RULES_FILE = "rules.yml";
const TESTS_FILE = "rules.test.yml";

export async function writeRules(runDir: string, { json, outDir }: RulesOptions): Promise<number> {
  const recorded = recordedObjectives(await readJournal(runDir));
  if (recorded.every(({ seconds }) => seconds.length === 0)) {
    throw new LakeproofError("RUN_UNUSABLE", `The run in ${runDir} measured no load.`, {
      hint: "Take a run that came as far as its control phase; `lakeproof list runs` names them.",
    });
  }
  const directory = resolve(host.cwd, outDir);
  mkdirSync(directory, { recursive: true });
  const files = [
    { name: RULES_FILE, body: burnRulesYaml(recorded) },
    { name: TESTS_FILE, body: burnTestsYaml(recorded, RULES_FILE) },
  ];
  const paths = files.map(({ name, body }) => {
    const path = join(directory, name);
    writeFileSync(path, body);
    return path;
  });
  if (json) host.out(`${JSON.stringify({ schema: "lakeproof.rules/1", paths })}\n`);
  else {
    for (const path of paths) host.out(`${path}\n`);
    host.err(`Test them: promtool test rules ${paths[1] ?? TESTS_FILE}\n`);
  }
  return 0;
}

/** Errors only: a latency or a canary has no counter that Prometheus could add up. */
export function recordedObjectives(journal: JournalReader): readonly RecordedObjective[] {
  return journal.plan.objectives.flatMap((objective) => {
    const { id, sli, badRatioMax } = objective;
    if (sli.kind !== "errors") return [];
    const seconds = secondsOf(errorGroups(journal, { ...objective, sli }));
    const alerts = burnRateHistory(seconds, badRatioMax).map(({ alert, firings }) => ({
      ...alert,
      firings,
    }));
    return [{ id, workload: sli.workload, badRatioMax, seconds, alerts }];
  });
}
