/** What the load generator of a machine can do, as text. */
import type { GeneratorLimits, SinkLimit } from "../core/contracts/generator-limits.ts";
import { unitOfSink } from "../core/generator-limits.ts";
import { formatNumber, plural } from "./format.ts";

const SINK_TEXTS: Readonly<Record<SinkLimit["sink"], string>> = {
  sql: "nothing, as SQL statements",
  envelopes: "nothing, as the connector's records",
  postgres: "PostgreSQL",
  kafka: "Kafka, as the connector's records",
  k6: "a server that answers at once",
  bi: "a BI tier that answers at once",
};

export function renderGeneratorLimits(limits: GeneratorLimits): string {
  const { machine, lakeproofVersion } = limits;
  const gibibytes = (machine.memoryBytes / 2 ** 30).toFixed(1);
  const lines = [
    `load generator on ${machine.cpuModel}, ${plural(machine.cpuCount, "core")}, ${gibibytes} GiB`,
    `lakeproof ${lakeproofVersion}, Node ${machine.nodeVersion}, ${machine.kernel}`,
    "",
    `${"into".padEnd(38)} ${"threads".padStart(7)} ${"rate".padStart(19)}  limited by`,
    ...limits.limits.map(lineOf),
    ...limits.notMeasured.map(({ sink, reason }) => `${sink.padEnd(38)} not measured: ${reason}`),
  ];
  return `${lines.join("\n")}\n`;
}

function lineOf(limit: SinkLimit): string {
  const { sink, topology, threadCount, ratePerS, isLimit, limitedBy, because } = limit;
  const where = topology === undefined ? "" : ` of ${topology}`;
  const rate = `${isLimit ? "" : "≥ "}${formatNumber(ratePerS)} ${unitOfSink(sink)}`;
  const day = new Date(limit.measuredAtEpochMs).toISOString().slice(0, 10);
  return (
    `${`${SINK_TEXTS[sink]}${where}`.padEnd(38)} ${String(threadCount).padStart(7)} ${rate.padStart(19)}` +
    `  ${limitedBy}: ${because} (${day})`
  );
}
