/** What the specified cluster costs per event and query, and how much of its memory each service used here. */
import type { JournalReader } from "../core/contracts/journal.ts";
import {
  COST_LINES,
  COST_STATED,
  costSumUsd,
  unitCosts,
  usdPerMillionEvents,
} from "../core/seed-costs.ts";
import { SPEC_CAPACITY } from "../core/seed-spec.ts";
import type { TextTable } from "./budgets.ts";
import { runFacts } from "./facts.ts";
import { formatBytes, formatNumber, formatRatio, NONE } from "./format.ts";

const BYTES_PER_MIB = 2 ** 20;

/** Both totals of the seed, and the rate of this run where it was measured. */
export function costTable(journal: JournalReader): TextTable {
  return costTableAt(runFacts(journal).achieved?.rateEventsPerS, "of this run");
}

/** @param whose - of the measured rate: "of this run" */
export function costTableAt(measured: number | undefined, whose: string): TextTable {
  const sum = unitCosts(costSumUsd());
  const stated = unitCosts(COST_STATED.monthlyUsd);
  const capacity = formatNumber(SPEC_CAPACITY.rateEventsPerS);
  return {
    label: "Cost of the specified cluster, by month and by unit",
    heads: ["", "Lines added up", "As stated"],
    rows: [
      ...COST_LINES.map(({ name, monthlyUsd }) => [name, usd(monthlyUsd), ""]),
      ["A month", usd(sum.monthlyUsd), usd(stated.monthlyUsd)],
      ["A user and month", usd(sum.userMonthlyUsd), `~${usd(COST_STATED.userMonthlyUsd)}`],
      [
        `A million events, at ${capacity} events/s`,
        usd(sum.millionEventsUsd),
        usd(stated.millionEventsUsd),
      ],
      [
        `A thousand queries, at ${formatNumber(SPEC_CAPACITY.queriesPerHour)} an hour`,
        usd(sum.thousandQueriesUsd),
        usd(stated.thousandQueriesUsd),
      ],
      ...(measured === undefined
        ? []
        : [
            [
              `A million events, at the ${formatNumber(Math.round(measured))} events/s ${whose}`,
              usd(usdPerMillionEvents(sum.monthlyUsd, measured)),
              usd(usdPerMillionEvents(stated.monthlyUsd, measured)),
            ],
          ]),
    ],
  };
}

/** Said with the table: the two figures are easily taken for the price of the machine that was measured. */
export const COST_NOTE =
  "Prices are the specification's, whose lines add up to less than the total it states. No machine of this run " +
  "was priced: its rate only says what the specified cluster would cost if it carried no more than that.";

/** Undefined where nobody looked at any memory. */
export function sizingTable(journal: JournalReader): TextTable | undefined {
  const peaks = new Map<string, number>();
  for (const { instanceId, rssBytes } of journal.of("instance.memory")) {
    const service = instanceId.replace(/-\d+$/, "");
    peaks.set(service, Math.max(peaks.get(service) ?? 0, rssBytes));
  }
  const rows = Object.entries(journal.plan.topology.services).flatMap(([service, spec]) => {
    const peak = peaks.get(service);
    if (peak === undefined) return [];
    const given = spec.memoryMiB * BYTES_PER_MIB;
    return [
      [
        service,
        formatNumber(spec.replicaCount),
        formatBytes(given),
        formatBytes(peak),
        given > 0 ? formatRatio(peak / given) : NONE,
      ],
    ];
  });
  if (rows.length === 0) return undefined;
  return {
    label: "Memory by service: the largest resident set of any of its instances",
    heads: ["Service", "Instances", "Planned each", "Peak", "Peak of planned"],
    rows,
  };
}

function usd(value: number | undefined): string {
  if (value === undefined) return NONE;
  const digits = value >= 1000 && Number.isInteger(value) ? 0 : 2;
  return value >= 0.995
    ? `$${value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",")}`
    : `$${String(Number(value.toPrecision(2)))}`;
}
