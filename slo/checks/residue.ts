/** After the run nothing of ours may be left behind: no process, rule, toxic or file. */
import type { Check } from "../../core/contracts/slo.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

const FACTS = {
  id: "hygiene.residue",
  kind: "hygiene",
  title: "Nothing of ours is left behind",
} as const;

export const residue: Check = {
  name: "residue",
  purpose: "The residue check ran after the last heal and found nothing.",
  judge(journal) {
    const last = journal.of("residue.checked").at(-1);
    if (last === undefined) {
      return [
        verdictOf({
          ...FACTS,
          status: "INCONCLUSIVE",
          exitCode: 22,
          because: "The residue check never ran: something may be left behind.",
          needed: "`lakeproof heal`, which undoes and checks.",
        }),
      ];
    }
    const left = last.residue;
    return [
      verdictOf({
        ...FACTS,
        status: left.length === 0 ? "PROVEN" : "VIOLATED",
        because:
          left.length === 0
            ? "The residue check found nothing."
            : `${figure(left.length)} things were left behind: ${left[0] ?? ""}.`,
        observed: { value: left.length, unit: "count" },
        target: { value: 0, unit: "count", op: "=" },
        details: left,
      }),
    ];
  },
};
