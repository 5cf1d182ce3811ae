/**
 * A day of the seed's production load as a journal on disk: 1 s windows, every change where it belongs, a fault each
 * hour. Made up, but by the contract: the checks read it like any other. Written in pieces, so that making it takes no memory.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { JournalBody, JournalEvent } from "../core/contracts/journal.ts";
import { HOPS } from "../core/contracts/journal.ts";
import type { FaultEntry } from "../core/contracts/fault.ts";
import type { Phase, Plan, QueryClassName } from "../core/contracts/plan.ts";
import { LakeproofError } from "../core/errors.ts";
import { openWindows } from "../core/windows.ts";
import { Random, subSeed } from "../generators/random.ts";
import { healthyEvents } from "../slo/checks/synthetic.ts";

const CONTROL_FROM_MS = 60_000;
const HOUR_MS = 3_600_000;
const BUCKET_MS = 60_000;
const LANE_COUNT = 4;
const BANK_PER_S = 350;
const EVENTS_PER_BANK = 3;
const COMMIT_MS = 8_000;
const FAULT_DOWN_MS = 20_000;
const FLUSH_BYTES = 1 << 20;
const INSTANCES = Array.from({ length: 12 }, (_, index) => `node-${String(index)}`);

/** 10 K queries an hour in all. */
const QUERIES = [
  { name: "simple", targetMs: 100, ratePerS: 1.5, usualMs: 30 },
  { name: "medium", targetMs: 1_000, ratePerS: 0.75, usualMs: 300 },
  { name: "complex", targetMs: 5_000, ratePerS: 0.28, usualMs: 900 },
  { name: "large", targetMs: 30_000, ratePerS: 0.25, usualMs: 1_200 },
] as const satisfies readonly (Plan["queries"][number] & { readonly usualMs: number })[];

export interface LongJournal {
  readonly eventCount: number;
  readonly sizeBytes: number;
}

/** Writes plan.json, environment.json and journal.ndjson into a new run directory. */
export function writeLongJournal(runDir: string, hours: number): LongJournal {
  mkdirSync(runDir, { recursive: true });
  const endMs = CONTROL_FROM_MS + hours * HOUR_MS;
  const plan = planOf(hours);
  const out = new LineWriter(join(runDir, "journal.ndjson"));
  const [started] = healthyEvents();
  if (started?.kind !== "run.started") return { eventCount: 0, sizeBytes: 0 };
  const opening = { ...started, runId: "long", startedAtEpochMs: Date.UTC(2026, 0, 1), plan };
  out.put(opening);
  out.at(1, { kind: "phase.entered", phase: "provision" });
  out.at(500, { kind: "selftest.defect", defect: "none", check: "all", caught: true });
  out.at(1_000, { kind: "phase.entered", phase: "warmup" });
  writeMeasuredTime(out, plan, endMs);
  writeEnd(out, endMs);
  writeFileSync(join(runDir, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
  const environment = `${JSON.stringify(opening.environment, null, 2)}\n`;
  writeFileSync(join(runDir, "environment.json"), environment);
  return out.close();
}

class LineWriter {
  readonly #file: number;
  #pending = "";
  #eventCount = 0;
  #sizeBytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  at(atMs: number, body: JournalBody): void {
    this.put({ atMs, ...body });
  }

  put(event: JournalEvent): void {
    this.#pending += `${JSON.stringify(event)}\n`;
    this.#eventCount += 1;
    if (this.#pending.length >= FLUSH_BYTES) this.#flush();
  }

  #flush(): void {
    this.#sizeBytes += writeSync(this.#file, this.#pending);
    this.#pending = "";
  }

  close(): LongJournal {
    this.#flush();
    closeSync(this.#file);
    return { eventCount: this.#eventCount, sizeBytes: this.#sizeBytes };
  }
}

function planOf(hours: number): Plan {
  const [started] = healthyEvents();
  if (started?.kind !== "run.started") {
    throw new LakeproofError("INTERNAL", "The synthetic run has no beginning.", {
      hint: "healthyEvents must start with run.started.",
    });
  }
  const template = started.plan.faults[0];
  const faults = Array.from({ length: hours }, (_, hour): readonly FaultEntry[] =>
    template === undefined ? [] : [{ ...template, id: `f${String(hour + 1)}` }],
  ).flat();
  return {
    ...started.plan,
    scenario: "long",
    purpose: `${String(hours)} hours that never took place.`,
    bank: { ...started.plan.bank, laneCount: LANE_COUNT, bucketMs: BUCKET_MS },
    queries: QUERIES.map(({ name, targetMs, ratePerS }) => ({ name, targetMs, ratePerS })),
    faults,
    durations: { ...started.plan.durations, controlMs: 600_000 },
  };
}

/** A fault starts half an hour into each hour. */
function isDown(atMs: number): boolean {
  const inHourMs = (atMs - CONTROL_FROM_MS) % HOUR_MS;
  return inHourMs >= HOUR_MS / 2 && inHourMs < HOUR_MS / 2 + FAULT_DOWN_MS;
}

function writeMeasuredTime(out: LineWriter, plan: Plan, endMs: number): void {
  const random = new Random(subSeed(1n, "long journal"));
  const bank = openWindows("bank", undefined, undefined);
  const classes = QUERIES.map((query) => ({
    ...query,
    windows: openWindows("queries", query.name satisfies QueryClassName, query.targetMs),
    owed: 0,
  }));
  out.at(CONTROL_FROM_MS, { kind: "phase.entered", phase: "control" });
  for (let atMs = CONTROL_FROM_MS; atMs < endMs; atMs += 1000) {
    if (atMs === CONTROL_FROM_MS + 600_000) {
      out.at(atMs, { kind: "phase.entered", phase: "measure" });
    }
    writeFault(out, plan, atMs);
    for (let count = 0; count < BANK_PER_S; count += 1) {
      const intendedMs = atMs + (count * 1000) / BANK_PER_S;
      bank.offered(intendedMs);
      bank.settled(intendedMs, "ok", 4 * Math.exp(0.5 * normal(random)), EVENTS_PER_BANK);
    }
    for (const query of classes) {
      for (query.owed += query.ratePerS; query.owed >= 1; query.owed -= 1) {
        query.windows.offered(atMs);
        const outcome = isDown(atMs) ? "fail" : "ok";
        query.windows.settled(atMs, outcome, query.usualMs * Math.exp(0.3 * normal(random)), 0);
      }
    }
    const append = (body: JournalBody): void => {
      out.at(atMs + 1000, body);
    };
    bank.flush(atMs + 1000, append);
    for (const { windows } of classes) windows.flush(atMs + 1000, append);
    writeCanary(out, atMs);
    writeSamples(out, atMs, random);
    if ((atMs - CONTROL_FROM_MS) % BUCKET_MS === 0) writeFence(out, atMs);
  }
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}

function writeFault(out: LineWriter, plan: Plan, atMs: number): void {
  const hour = Math.floor((atMs - CONTROL_FROM_MS) / HOUR_MS);
  const entry = plan.faults[hour];
  if (entry === undefined || (atMs - CONTROL_FROM_MS) % HOUR_MS !== HOUR_MS / 2) return;
  const { id, fault, instanceId, faultClass } = entry;
  const change = { kind: "fault.changed", id, fault, instanceId, faultClass } as const;
  const undo = { kind: "start-instances", instanceIds: [instanceId] } as const;
  const recovery = { recoveryMs: 19_000, recoveryBudgetMs: entry.recoveryBudgetMs };
  out.at(atMs, { ...change, state: "undo-written", undo });
  out.at(atMs, { ...change, state: "injecting" });
  out.at(atMs + 100, { ...change, state: "active", evidence: ["process 4711 is gone"] });
  out.at(atMs + 5_100, { ...change, state: "healing" });
  out.at(atMs + 5_200, { ...change, state: "healed" });
  out.at(atMs + 24_200, { ...change, state: "recovered", ...recovery });
}

/** Visible with the next commit after it, or the first one after the fault. */
function writeCanary(out: LineWriter, intendedMs: number): void {
  let visibleMs = (Math.floor(intendedMs / COMMIT_MS) + 1) * COMMIT_MS + 900;
  while (isDown(visibleMs)) visibleMs += COMMIT_MS;
  const canary = intendedMs / 1000;
  const seen = { table: "users", partition: canary % 10, intendedMs, ackMs: intendedMs + 3 };
  const body = { kind: "canary.seen", canary, ...seen, lastMissMs: visibleMs - 500, visibleMs };
  out.at(visibleMs, body as JournalBody);
}

const PROBES = [
  ["generator.eventLoopDelayMsP99", "ms", 12],
  ["generator.cpuRatio", "ratio", 0.2],
  ["k6.cpuRatio", "ratio", 0.1],
  ["kafka.lagEvents", "events", 300],
  ["lake.lagEvents", "events", 8_000],
] as const;

function writeSamples(out: LineWriter, atMs: number, random: Random): void {
  if (atMs % 2_000 === 0) {
    for (const [probe, unit, usual] of PROBES) {
      const value = usual * (0.9 + 0.2 * random.unit());
      out.at(atMs, { kind: "sample.taken", probe, observed: { value, unit } });
    }
  }
  if (atMs % 10_000 !== 0) return;
  for (const instanceId of INSTANCES) {
    const rssBytes = Math.round((300 + 50 * random.unit()) * 2 ** 20);
    out.at(atMs, { kind: "instance.memory", instanceId, rssBytes });
  }
}

function writeFence(out: LineWriter, atMs: number): void {
  const bucket = (atMs - CONTROL_FROM_MS) / BUCKET_MS;
  out.at(atMs, {
    kind: "fence.visible",
    bucket,
    committedAtMs: atMs,
    visibleAtMs: atMs + COMMIT_MS,
  });
  for (let lane = 0; lane < LANE_COUNT; lane += 1) {
    out.at(atMs, changesOf("reader", bucket, lane, "during"));
  }
}

function changesOf(
  hop: (typeof HOPS)[number],
  bucket: number,
  lane: number,
  when: "during" | "final",
): JournalBody {
  const eventCount = (BANK_PER_S * EVENTS_PER_BANK * BUCKET_MS) / 1000 / LANE_COUNT;
  const fingerprintSum = String(1_000_000_007 * (bucket * LANE_COUNT + lane + 1));
  const counts = { eventCount, distinctCount: eventCount, fingerprintSum };
  return { kind: "ledger.changes", hop, bucket, lane, ...counts, when };
}

function writeEnd(out: LineWriter, endMs: number): void {
  const phase = (atMs: number, name: Phase): void => {
    out.at(atMs, { kind: "phase.entered", phase: name });
  };
  phase(endMs, "heal");
  phase(endMs + 1_000, "drain");
  phase(endMs + 30_000, "verify");
  const bucketCount = Math.floor((endMs - CONTROL_FROM_MS) / BUCKET_MS);
  for (let bucket = 0; bucket < bucketCount; bucket += 1) {
    for (let lane = 0; lane < LANE_COUNT; lane += 1) {
      for (const hop of HOPS) out.at(endMs + 31_000, changesOf(hop, bucket, lane, "final"));
      for (const hop of ["acknowledged", "postgres", "reader"] as const) {
        const sums = { fingerprintSum: String(lane + 1), balanceSum: String(10_000_000 + lane) };
        const where = { kind: "ledger.state", hop, bucket, lane, rowCount: 300 } as const;
        out.at(endMs + 32_000, { ...where, ...sums, when: "final" });
      }
    }
  }
  const changeCount = bucketCount * ((BANK_PER_S * EVENTS_PER_BANK * BUCKET_MS) / 1000);
  for (const event of healthyEvents()) {
    if (event.kind !== "ledger.metadata") continue;
    const records = { addedRecords: changeCount / 2, kafkaRecords: changeCount / 2 };
    out.put({ ...event, atMs: endMs + 33_000, ...records });
  }
  phase(endMs + 34_000, "teardown");
  out.at(endMs + 35_000, { kind: "residue.checked", residue: [] });
  out.at(endMs + 36_000, { kind: "run.ended", reason: "completed" });
}
