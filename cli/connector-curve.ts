/** `lakeproof connector-curve`: the connector's rate over the size of transactions and the number of slots. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { ConnectorCurve, CurveDrain } from "../core/contracts/connector-curve.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { isAborted } from "../core/until-aborted.ts";
import type { LabState } from "../infra/drivers/lab.ts";
import { environmentOf } from "../infra/environment.ts";
import { configDigests, openLab, type Lab } from "../infra/provision.ts";
import { renderCurve, renderCurveMarkdown } from "../reports/connector-curve.ts";
import { curvePoints } from "../slo/capacity/connector-curve.ts";
import { tellBusyMachine } from "./calibrate-store.ts";
import { dropCurveDatabase, makeCurveDatabase } from "./curve/backlog.ts";
import { measureDrain, type DrainWish } from "./curve/measure.ts";
import { insideLab, isElsewhere, runInside } from "./inside.ts";
import { labThatIsUp, obtainArtifacts } from "./lab.ts";
import { listenForStop } from "./stop.ts";
import { topologyNamed } from "./up.ts";
import { VERSION, versionsOf } from "./version.ts";

interface CurveOptions {
  readonly json: boolean;
  readonly subnet?: string;
  readonly sizes: string;
  readonly slots: string;
  readonly changes: string;
  readonly repeat: string;
  readonly runs: string;
}

interface CurveWish {
  readonly sizes: readonly number[];
  readonly slotCounts: readonly number[];
  readonly eventCount: number;
  readonly repeatCount: number;
  readonly tableCount: number;
}

const SIZE_MAX = 10_000;
const SLOT_COUNT_MAX = 4;
const CLEANUP_MS_MAX = 60_000;

export function addConnectorCurve(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("connector-curve", "the connector's rate over transaction size and number of slots")
    .option("--json", "machine-readable output on stdout", false)
    .option("--subnet <a.b.c>", "only the lab on these addresses")
    .option("--sizes <rows,…>", "changed rows a transaction, each up to 10000", "1,10,100,1000")
    .option("--slots <counts>", "connectors that share the changes, each up to 4", "1,2,4")
    .option("--changes <count>", "that wait when a drain begins", "100000")
    .option("--repeat <count>", "drains of each size and number; their median counts", "3")
    .option("--runs <dir>", "where its directory goes", join(host.cwd, "runs"))
    .action(async (options: CurveOptions) => {
      exit(await connectorCurve(options));
    });
}

/** Exit 0 when every point was measured, 1 when one could not be. What was measured before is kept and shown. */
async function connectorCurve(options: CurveOptions): Promise<number> {
  const wish = wishOf(options);
  const state = insideLab() ?? labThatIsUp(options.subnet);
  if (isElsewhere(state)) return runInside(state);
  const stop = new AbortController();
  listenForStop(stop, {
    notice: "Stopping: what was made for the curve is removed, and what is known is reported.",
    hint: "Start it again with fewer --sizes or --slots.",
  });
  tellBusyMachine();
  const topology = topologyNamed(state.topology);
  const artifacts = await obtainArtifacts(topology.services, state.isolation, stop.signal);
  const lab = openLab(topology, state, artifacts);
  if (!lab.endpoints.has("connect") || !lab.endpoints.has("postgres")) {
    throw new LakeproofError("CONFIG_INVALID", `Topology ${state.topology} has no connector.`, {
      hint: "Start one that has: `lakeproof up dev`.",
    });
  }
  const { drains, ended } = await measureAll(lab, wish, stop.signal);
  const curve = curveOf({ state, lab, artifacts, wish, drains, ended });
  const runDir = keep(curve, options.runs);
  host.out(options.json ? `${JSON.stringify(curve, null, 2)}\n` : renderCurve(curve));
  host.err(`Every drain and the summary are in ${runDir}.\n`);
  const reason: unknown = stop.signal.reason;
  if (reason instanceof LakeproofError) return reason.exitCode;
  return ended === "completed" ? 0 : 1;
}

interface Measured {
  readonly drains: readonly CurveDrain[];
  readonly ended: ConnectorCurve["ended"];
}

async function measureAll(lab: Lab, wish: CurveWish, signal: AbortSignal): Promise<Measured> {
  const postgres = lab.endpoints.address("postgres");
  const cells = cellsOf(wish);
  const drains: CurveDrain[] = [];
  let ended: ConnectorCurve["ended"] = "completed";
  const startMs = host.monotonicMs();
  try {
    await makeCurveDatabase(postgres, wish.tableCount, Math.max(...wish.sizes), signal);
    host.err("warm-up: the connector's code runs hot before anything counts\n");
    for (const cell of warmups(cells)) await measureDrain(lab, cell, signal);
    for (const cell of cells) {
      const drain = await measureDrain(lab, cell, signal);
      drains.push(drain);
      const elapsedMs = host.monotonicMs() - startMs;
      const leftMs = (elapsedMs / drains.length) * (cells.length - drains.length);
      host.err(
        `  ${String(drain.slotCount)} slot(s), ${String(drain.transactionRowCount)} rows a transaction: ` +
          `${String(Math.round(drain.eventsPerS))} changes/s  (about ${String(Math.ceil(leftMs / 60_000))} min left)\n`,
      );
    }
  } catch (error) {
    ended = isAborted(signal) ? "interrupted" : "failed";
    host.err(`${ended}: ${reasonOf(error)}\n`);
  }
  await dropCurveDatabase(postgres, host.deadline(CLEANUP_MS_MAX)).catch((error: unknown) => {
    host.err(`The curve's database could not be dropped: ${reasonOf(error)}\n`);
  });
  return { drains, ended };
}

/** Repetitions outermost: what changes on the machine meanwhile spreads over all points. */
function cellsOf({ sizes, slotCounts, repeatCount, ...rest }: CurveWish): readonly DrainWish[] {
  return Array.from({ length: repeatCount }, () =>
    slotCounts.flatMap((slotCount) =>
      sizes.map((transactionRowCount) => ({
        ...{ transactionRowCount, slotCount, tableCount: rest.tableCount },
        eventCount: wholeTransactions(rest.eventCount, transactionRowCount, rest.tableCount),
      })),
    ),
  ).flat();
}

/** A JVM compiles what it has run often: the first drains of its life would be slower than all that follow. */
function warmups(cells: readonly DrainWish[]): readonly DrainWish[] {
  return [cells.at(0), cells.at(-1)].filter((cell) => cell !== undefined);
}

/** As many changes as whole transactions make, the same number in each table. */
function wholeTransactions(eventCount: number, size: number, tableCount: number): number {
  const round = size * tableCount;
  return Math.max(1, Math.round(eventCount / round)) * round;
}

interface CurveFacts extends Measured {
  readonly state: LabState;
  readonly lab: Lab;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly wish: CurveWish;
}

function curveOf({ state, lab, artifacts, wish, drains, ended }: CurveFacts): ConnectorCurve {
  const { sizes, slotCounts, eventCount, repeatCount, tableCount } = wish;
  return {
    schema: "lakeproof.connector-curve/1",
    topology: state.topology,
    environment: environmentOf(host.cwd, versionsOf(artifacts), configDigests(lab), VERSION),
    ...{ eventCountPerDrain: eventCount, tableCount, drains, ended },
    points: curvePoints(drains),
    rerun:
      `npx lakeproof connector-curve --sizes ${sizes.join(",")} --slots ${slotCounts.join(",")} ` +
      `--changes ${String(eventCount)} --repeat ${String(repeatCount)}`,
  };
}

function keep(curve: ConnectorCurve, runs: string): string {
  const stamp = new Date(host.epochMs()).toISOString().replace(/[-:]/g, "").slice(0, 15);
  const runDir = resolve(runs, `${stamp}Z-connector-curve-${host.randomHex(3)}`);
  mkdirSync(runDir, { recursive: true });
  writeFileSync(join(runDir, "connector-curve.json"), `${JSON.stringify(curve, null, 2)}\n`);
  writeFileSync(join(runDir, "summary.md"), renderCurveMarkdown(curve));
  return runDir;
}

function wishOf(options: CurveOptions): CurveWish {
  const slotCounts = countsOf("--slots", options.slots, SLOT_COUNT_MAX);
  return {
    sizes: countsOf("--sizes", options.sizes, SIZE_MAX),
    slotCounts,
    eventCount: countsOf("--changes", options.changes, 10_000_000)[0] ?? 0,
    repeatCount: countsOf("--repeat", options.repeat, 100)[0] ?? 0,
    // The same tables whatever the number of slots: only who reads them differs.
    tableCount: Math.max(...slotCounts),
  };
}

function countsOf(option: string, text: string, most: number): readonly number[] {
  const values = text.split(",").map((word) => Number(word.trim() === "" ? "NaN" : word));
  if (values.every((value) => Number.isInteger(value) && value >= 1 && value <= most)) {
    return [...new Set(values)].toSorted((one, other) => one - other);
  }
  throw new LakeproofError("USAGE", `${option} is ${JSON.stringify(text)}.`, {
    hint: `Allowed are whole numbers from 1 to ${String(most)}, separated by commas.`,
  });
}
