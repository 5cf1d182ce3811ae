/** The same tables in Markdown; nothing where the judgement holds none. */
import type { Judgement } from "../core/contracts/slo.ts";
import { budgetTable, projectionTable, windowTable } from "./budgets.ts";
import { tableLines } from "./markdown-text.ts";

export function availabilityTables(judgement: Judgement): readonly string[] {
  const projection = projectionTable(judgement);
  return [
    ...tableLines("Error budgets", budgetTable(judgement)),
    ...tableLines("By phase and by fault", windowTable(judgement)),
    ...tableLines("Projected uptime", projection, projection?.because),
  ];
}
