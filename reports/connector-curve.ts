/** The connector's curve as text, and as Markdown with a bar for each point. */
import type { ConnectorCurve, CurvePoint } from "../core/contracts/connector-curve.ts";
import { formatBytes, formatNumber, NONE } from "./format.ts";

const BAR_COUNT = 30;

const HEAD = [
  "Slots",
  "Rows a transaction",
  "Changes/s",
  "Lowest to highest",
  "Against one slot",
  "First change after",
  "WAL a change",
  "CPU µs a change",
] as const;

export function renderCurve(curve: ConnectorCurve): string {
  const rows = curve.points.map((point) => cells(point));
  const widths = HEAD.map((head, index) =>
    Math.max(head.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("  ");
  return [
    titleOf(curve),
    "",
    line(HEAD),
    ...curve.points.map((point, index) => `${line(rows[index] ?? [])}  ${bar(point, curve)}`),
    "",
    ...notesOf(curve),
    "",
  ].join("\n");
}

export function renderCurveMarkdown(curve: ConnectorCurve): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  return [
    `# ${titleOf(curve)}`,
    "",
    line([...HEAD, ""]),
    line([...HEAD, ""].map(() => "---")),
    ...curve.points.map((point) => line([...cells(point), bar(point, curve)])),
    "",
    ...notesOf(curve).flatMap((note) => [note, ""]),
  ].join("\n");
}

function titleOf({ topology, environment }: ConnectorCurve): string {
  const { cpuModel, cpuCount } = environment;
  return `The connector's curve on ${topology}, ${cpuModel}, ${String(cpuCount)} cores`;
}

function notesOf(curve: ConnectorCurve): readonly string[] {
  const extra = curve.drains.reduce((sum, { extraEventCount }) => sum + extraEventCount, 0);
  return [
    `Each drain: ${formatNumber(curve.eventCountPerDrain)} updates of bank rows over ${String(curve.tableCount)} tables wait in the WAL while the ` +
      `connectors stand still; then they start, and the middle eight tenths give the rate. Medians of ${String(Math.max(0, ...curve.points.map(({ drainCount }) => drainCount)))}.`,
    extra === 0
      ? "Each change came exactly once in every drain."
      : `${formatNumber(extra)} changes came more than once.`,
    `Ended: ${curve.ended}. Again: \`${curve.rerun}\`.`,
  ];
}

function cells(point: CurvePoint): readonly string[] {
  const cpu = Object.entries(point.cpuMicrosPerEvent)
    .filter(([stage]) => ["postgres", "connector", "kafka"].includes(stage))
    .map(([stage, micros]) => `${stage} ${micros.toFixed(1)}`);
  return [
    String(point.slotCount),
    formatNumber(point.transactionRowCount),
    formatNumber(Math.round(point.eventsPerS)),
    `${formatNumber(Math.round(point.eventsPerSMin))} to ${formatNumber(Math.round(point.eventsPerSMax))}`,
    point.speedupRatio === undefined ? NONE : `${point.speedupRatio.toFixed(2)} ×`,
    `${(point.firstEventMs / 1000).toFixed(1)} s`,
    formatBytes(Math.round(point.walBytesPerEvent)),
    cpu.length === 0 ? NONE : cpu.join(", "),
  ];
}

function bar({ eventsPerS }: CurvePoint, { points }: ConnectorCurve): string {
  const most = Math.max(...points.map((point) => point.eventsPerS));
  return "█".repeat(Math.max(1, Math.round((eventsPerS / most) * BAR_COUNT)));
}
