/** The certifier is certified first: a check that misses a planted defect proves nothing. */
import type { Check } from "../../core/contracts/slo.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

const FACTS = {
  id: "validity.selftest",
  kind: "validity",
  title: "The checks catch planted defects",
} as const;

export const selftestPassed: Check = {
  name: "selftest-passed",
  purpose: "Every defect planted before the run was caught by the check it was meant for.",
  judge(journal) {
    const defects = journal.of("selftest.defect");
    const missed = defects.filter((defect) => !defect.caught);
    if (defects.length === 0) {
      return [verdictOf({ ...FACTS, status: "INVALID", because: "The self-test never ran." })];
    }
    if (missed.length > 0) {
      return [
        verdictOf({
          ...FACTS,
          status: "INVALID",
          because: `${figure(missed.length)} of ${figure(defects.length)} planted defects went unnoticed.`,
          details: missed.map((defect) => `${defect.defect} was not caught by ${defect.check}`),
        }),
      ];
    }
    return [
      verdictOf({
        ...FACTS,
        status: "PROVEN",
        because: `All ${figure(defects.length)} self-test cases ended as they must.`,
      }),
    ];
  },
};
