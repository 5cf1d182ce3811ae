/** The same tables in Markdown; nothing where the judgement holds none. */
import type { Judgement } from "../core/contracts/slo.ts";
import { budgetTable, projectionTable, windowTable, type TextTable } from "./budgets.ts";
import { cell, row } from "./markdown-text.ts";

export function availabilityTables(judgement: Judgement): readonly string[] {
  const projection = projectionTable(judgement);
  return [
    ...tableLines("Error budgets", budgetTable(judgement)),
    ...tableLines("By phase and by fault", windowTable(judgement)),
    ...tableLines("Projected uptime", projection, projection?.because),
  ];
}

function tableLines(title: string, table: TextTable | undefined, lead?: string): readonly string[] {
  if (table === undefined) return [];
  return [
    `## ${title}`,
    "",
    ...(lead === undefined ? [] : [cell(lead), ""]),
    row(table.heads.map(cell)),
    `|${table.heads.map(() => "---").join("|")}|`,
    ...table.rows.map((cells) => row(cells.map(cell))),
    "",
  ];
}
