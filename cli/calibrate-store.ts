/** The generator's calibration: one JSON in the harness's state directory, asked by every plan. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type as osType } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { GeneratorLimits, GeneratorMachine } from "../core/contracts/generator-limits.ts";
import type { Plan } from "../core/contracts/plan.ts";
import { LakeproofError } from "../core/errors.ts";
import {
  checkKafkaRate,
  checkRate,
  unitOfSink,
  type KafkaRateWish,
  type RateCheck,
} from "../core/generator-limits.ts";
import { host } from "../core/host.ts";
import { stateDir } from "../infra/drivers/lab.ts";

const Limits = z.object({
  schema: z.literal("lakeproof.generator-limits/1"),
  lakeproofVersion: z.string(),
  machine: z.object({
    cpuModel: z.string(),
    cpuCount: z.number(),
    memoryBytes: z.number(),
    kernel: z.string(),
    nodeVersion: z.string(),
  }),
  limits: z.array(
    z.object({
      sink: z.enum(["sql", "envelopes", "postgres", "kafka", "k6", "bi"]),
      topology: z.string().optional(),
      threadCount: z.number(),
      ratePerS: z.number().positive(),
      isLimit: z.boolean(),
      limitedBy: z.enum(["generator", "sink", "ceiling"]),
      because: z.string(),
      stepCount: z.number(),
      measuredAtEpochMs: z.number(),
    }),
  ),
  notMeasured: z.array(z.object({ sink: z.string(), reason: z.string() })),
});

export function calibrationPath(): string {
  return join(stateDir(), "generator-limits.json");
}

export function thisMachine(): GeneratorMachine {
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model ?? "unknown",
    cpuCount: processors.length,
    memoryBytes: totalmem(),
    kernel: `${osType()} ${release()}`,
    nodeVersion: host.nodeVersion,
  };
}

/** Half of the cores busy with something else is enough to halve a figure. */
const BUSY_RATIO = 0.5;

/** Says so where others use this machine: what is measured then is what they leave. */
export function tellBusyMachine(): void {
  const [minute = 0] = loadavg();
  const cpuCount = cpus().length;
  if (minute <= cpuCount * BUSY_RATIO) return;
  host.err(
    `note: this machine is busy (load ${minute.toFixed(1)} on ${String(cpuCount)} cores): figures are about what is left of it.\n`,
  );
}

/** Undefined where there is none. One that cannot be read is none, and said so. */
export function readCalibration(): GeneratorLimits | undefined {
  let text: string;
  try {
    text = readFileSync(calibrationPath(), "utf8");
  } catch {
    return undefined;
  }
  try {
    return Limits.parse(JSON.parse(text)) as GeneratorLimits;
  } catch {
    host.err(
      `${calibrationPath()} is not a calibration: \`lakeproof calibrate\` writes it anew.\n`,
    );
    return undefined;
  }
}

export function writeCalibration(limits: GeneratorLimits): void {
  mkdirSync(stateDir(), { recursive: true, mode: 0o755 });
  writeFileSync(`${calibrationPath()}.new`, `${JSON.stringify(limits, null, 2)}\n`);
  renameSync(`${calibrationPath()}.new`, calibrationPath());
}

/**
 * Notes on stderr what is not known; throws USAGE when the plan asks more of the generator than it can do, unless
 * the user wants it all the same.
 */
export function askCalibration(plan: Plan, aboveCalibration: boolean): void {
  const wish = { bank: plan.bank, topology: plan.topology.name, queries: plan.queries, bi: plan };
  tell(checkRate(wish, readCalibration(), thisMachine()), "The plan", aboveCalibration);
}

/** The same for `load kafka`. */
export function askKafkaCalibration(wish: KafkaRateWish, aboveCalibration: boolean): void {
  tell(checkKafkaRate(wish, readCalibration(), thisMachine()), "The load", aboveCalibration);
}

function tell(check: RateCheck, who: string, aboveCalibration: boolean): void {
  switch (check.kind) {
    case "fits":
      return;
    case "unknown":
      host.err(`note: ${check.note}\n`);
      return;
    case "too-much": {
      const { sink, topology, ratePerS, because, measuredAtEpochMs } = check.limit;
      const where = topology === undefined ? `sink ${sink}` : `sink ${sink} of ${topology}`;
      const day = new Date(measuredAtEpochMs).toISOString().slice(0, 10);
      const unit = unitOfSink(sink);
      const what = unit === "events/s" ? "change events/s" : unit;
      const message =
        `${who} offers up to ${String(check.ratePerS)} ${what}; this machine's generator was calibrated ` +
        `at ${String(ratePerS)} (${where}, ${day}: ${because}).`;
      if (aboveCalibration) {
        host.err(`note: ${message} Offered all the same, as wished.\n`);
        return;
      }
      throw new LakeproofError("USAGE", message, {
        hint:
          `${unit === "events/s" ? `Take --rate ${String(Math.floor(ratePerS))} or less` : "Ask less often"}, calibrate again with \`lakeproof calibrate\`, ` +
          `or offer it all the same with --above-calibration.`,
      });
    }
  }
}
