/** The phases of one run on a lab that is up: warm up, control, break, heal, drain, verify. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { endOffsets } from "../../infra/clients/kafka.ts";
import { openTrino } from "../../infra/clients/trino.ts";
import { startBankLoad, type BankLoad } from "./bank-load.ts";
import { Canaries } from "./canary.ts";
import { warmEngine } from "./engine-warmup.ts";
import type { Books } from "./books.ts";
import { Guards } from "./guards.ts";
import { LateLoads } from "./late-loads.ts";
import { startExporter } from "./exporter.ts";
import { LakeCommits } from "./lake-commits.ts";
import { LakeReader } from "./reader.ts";
import { journalMemory, startSamplers } from "./samplers.ts";
import type { Session } from "./session.ts";
import { startTap, type KafkaTap } from "./tap.ts";
import { drain, takeBaseline, verify, type Baseline } from "./verify.ts";
import { startWatchers } from "./watchers.ts";

const FIRST_DELIVERY_MS_MAX = 180_000;
const STEADY_MS_MAX = 300_000;
const ENGINE_WARMUP_MS_MAX = { base: 40_000, perWorker: 10_000 } as const;

interface Running {
  readonly load: BankLoad;
  readonly tap: KafkaTap;
  readonly canaries: Canaries;
  readonly reader: LakeReader;
  readonly queries: LateLoads;
  readonly samplers: DisposableStack;
  readonly commits: LakeCommits;
  readonly baseline: Baseline;
}

/** What happens in the measured time; nothing of it is left when it resolves. */
export type Breaking = (
  session: Session,
  canaries: Canaries,
  guards: Pick<Guards, "mayInject">,
) => Promise<void>;

/** Runs every phase from warm-up to verify. On abort everything of the load is stopped before it rejects. */
export async function runPhases(session: Session, breakThings: Breaking): Promise<void> {
  const { journal, plan, signal } = session;
  // Before any load: what the topology itself takes.
  journalMemory(session);
  journal.append({ kind: "phase.entered", phase: "warmup" });
  const running = await startAll(session);
  using guards = new Guards(session);
  try {
    await warmUp(session, running);
    running.reader.beginBalances();
    journal.append({ kind: "phase.entered", phase: "control" });
    await host.sleep(plan.durations.controlMs, signal);
    journal.append({ kind: "phase.entered", phase: "measure" });
    await breakThings(session, running.canaries, guards);
    journal.append({ kind: "phase.entered", phase: "drain" });
    await running.queries.stop();
    await running.canaries.stopWriting();
    const lastBucket = await running.load.stop();
    const drained = await drain(session, running.reader, lastBucket);
    await running.reader.stop();
    await running.canaries.close("the run ended before it was seen");
    await running.commits.lookLast();
    journal.append({ kind: "phase.entered", phase: "verify" });
    if (!drained)
      journal.append({ kind: "note", text: "Verification looks at an undrained pipeline." });
    await verify({ session, ...running, lastBucket });
  } finally {
    await stopAll(running);
  }
}

async function startAll(session: Session): Promise<Running> {
  const { lab, signal } = session;
  const trino = openTrino(lab.endpoints.address("trino"), "lakeproof-baseline");
  const baseline = await takeBaseline(session, trino);
  await warmEngine(session, trino, engineWarmupMsMax(session));
  const offsets = await endOffsets(
    lab.endpoints.addresses("kafka"),
    BANK_TABLES.map(topicOf),
    signal,
  );
  const tap = startTap(session, offsets);
  const load = await startBankLoad(session);
  const canaries = new Canaries(session);
  const reader = new LakeReader(session, canaries, load, tap);
  canaries.start();
  reader.start();
  const queries = new LateLoads(session, booksOf(session, load, reader));
  const samplers = new DisposableStack();
  samplers.use(startSamplers(session, () => queries.pids));
  samplers.use(startWatchers(session));
  const commits = new LakeCommits(session);
  samplers.use(commits.start());
  samplers.use(await startExporter(session, () => canaries.freshnessMs(session.journal.nowMs())));
  return { load, tap, canaries, reader, queries, samplers, commits, baseline };
}

function booksOf(session: Session, load: BankLoad, reader: LakeReader): Books {
  return {
    bucketMin: load.bucketMin,
    wholeInLakeAtMs: (bucket) => reader.wholeAtMs(bucket),
    totals: (bucket) => session.kafka.totals(bucket),
    balances: () =>
      load.digests().map(({ lane, digest }) => ({ lane, balanceSum: digest.balanceSum })),
  };
}

/** Every worker has to load and compile the same code, and all of them share this machine's cores. */
function engineWarmupMsMax({ plan }: Session): number {
  const workerCount = plan.topology.services["trino-worker"]?.replicaCount ?? 0;
  return ENGINE_WARMUP_MS_MAX.base + workerCount * ENGINE_WARMUP_MS_MAX.perWorker;
}

async function stopAll(running: Running): Promise<void> {
  running.samplers[Symbol.dispose]();
  await Promise.allSettled([
    running.queries.stop(),
    running.canaries.close("the run was stopped"),
    running.load.abandon(),
    running.reader.stop(),
    running.tap.close(),
  ]);
}

/**
 * Warm means: one canary went the whole way, the query mix has run for the planned time, and the reader is
 * answered in time beside it.
 */
async function warmUp(session: Session, running: Running): Promise<void> {
  const { signal, plan, journal } = session;
  const deliveredMs = await running.canaries.delivered(0, FIRST_DELIVERY_MS_MAX, signal);
  if (deliveredMs !== undefined) {
    await warmEngine(session, running.reader.trino, engineWarmupMsMax(session));
    await running.queries.start();
    await host.sleep(plan.durations.warmupMs, signal);
    if (!(await running.reader.becomesSteady(STEADY_MS_MAX, signal))) {
      const text = `The reader's looks were still slow after ${String(STEADY_MS_MAX / 1000)} s more of warm-up.`;
      journal.append({ kind: "note", text });
    }
    journalMemory(session);
    return;
  }
  const seconds = String(FIRST_DELIVERY_MS_MAX / 1000);
  journal.append({ kind: "note", text: `No canary came through within ${seconds} s of warm-up.` });
  throw new LakeproofError(
    "PROVISIONING_FAILED",
    `No change reached the reader within ${seconds} s.`,
    {
      hint: "Read logs/connect-0.log, logs/flink-taskmanager-0.log and logs/trino-0.log.",
    },
  );
}
