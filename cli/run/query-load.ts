/** The query mix: one k6 process whose samples become windows and histograms per class. */
import { join } from "node:path";
import { host } from "../../core/host.ts";
import { openWindows, type WorkloadWindows } from "../../core/windows.ts";
import type { QueryClassName } from "../../core/contracts/plan.ts";
import { parseK6Line } from "../../generators/k6/output.ts";
import { labMark, OWNER_VARIABLE, ownerMark } from "../../infra/drivers/lab.ts";
import { startK6, type K6 } from "../../infra/clients/k6.ts";
import type { Session } from "./session.ts";

/** k6 wants an end; the run ends it much earlier. */
const DURATION_S_MAX = 6 * 3600;
/** A query is settled at the latest after its own timeout: windows before that are complete. */
const SETTLE_MS_MAX = 65_000;

/** Queries that k6 has begun and not yet told the end of. */
class BegunQueries {
  readonly #open = new Map<QueryClassName, number[]>();

  add(name: QueryClassName, intendedEpochMs: number): void {
    this.#open.set(name, [...(this.#open.get(name) ?? []), intendedEpochMs]);
  }

  /** The one with the nearest intended start: k6 stamps both samples with its own clock, a few ms apart. */
  end(name: QueryClassName, intendedEpochMs: number): void {
    const open = this.#open.get(name) ?? [];
    const distances = open.map((candidate) => Math.abs(candidate - intendedEpochMs));
    const nearest = distances.indexOf(Math.min(...distances));
    if (nearest >= 0) open.splice(nearest, 1);
  }

  unfinished(): readonly { readonly name: QueryClassName; readonly intendedEpochMs: number }[] {
    return [...this.#open].flatMap(([name, open]) =>
      open.map((intendedEpochMs) => ({ name, intendedEpochMs })),
    );
  }
}

export interface QueryLoad {
  readonly pid: number;
  stop(): Promise<void>;
}

export function startQueryLoad(session: Session, script: string): QueryLoad {
  const { plan, journal } = session;
  const windows = new Map<QueryClassName, WorkloadWindows>(
    plan.queries.map((query) => [query.name, openWindows("queries", query.name, query.targetMs)]),
  );
  const startedMs = journal.nowMs();
  const begun = new BegunQueries();
  const onLine = (line: string): void => {
    const sample = parseK6Line(line);
    if (sample === undefined) return;
    const window = windows.get(sample.class);
    if (window === undefined) return;
    if (sample.kind === "begun") {
      begun.add(sample.class, sample.intendedEpochMs);
      return;
    }
    if (sample.kind === "dropped") {
      window.dropped(sample.epochMs - session.startedAtEpochMs, sample.count);
      return;
    }
    const endedMs = sample.endedEpochMs - session.startedAtEpochMs;
    begun.end(sample.class, sample.endedEpochMs - sample.latencyMs);
    const intendedMs = Math.max(startedMs, endedMs - sample.latencyMs);
    window.offered(intendedMs);
    window.settled(intendedMs, sample.outcome === "ok" ? "ok" : "fail", sample.latencyMs, 0);
  };
  const k6 = launch(session, script, onLine);
  const flush = (untilMs: number): void => {
    for (const window of windows.values()) {
      window.flush(untilMs, (body) => {
        journal.append(body);
      });
    }
  };
  const timer = host.every(1000, () => {
    flush(journal.nowMs() - SETTLE_MS_MAX);
  });
  return {
    pid: k6.pid,
    stop: async () => {
      const diedEarly = k6.ended();
      await k6.stop();
      timer[Symbol.dispose]();
      for (const { name, intendedEpochMs } of begun.unfinished()) {
        // Its end is not known, only that it took at least this long: counted, and not as good.
        const intendedMs = intendedEpochMs - session.startedAtEpochMs;
        windows.get(name)?.offered(intendedMs);
        windows.get(name)?.settled(intendedMs, "unknown", journal.nowMs() - intendedMs, 0);
      }
      flush(Infinity);
      if (diedEarly) {
        const reason = "k6 ended by itself: read logs/k6.log";
        journal.append({ kind: "probe.blind", probe: "k6", reason });
      }
    },
  };
}

function launch(session: Session, script: string, onLine: (line: string) => void): K6 {
  const { plan, lab, runDir } = session;
  const [mark = "", labId = ""] = labMark(lab.id).split("=");
  return startK6({
    binary: session.artifacts["k6"] ?? "k6",
    script,
    outputPath: join(runDir, "k6.ndjson"),
    logPath: join(runDir, "logs", "k6.log"),
    onLine,
    env: {
      [mark]: labId,
      [OWNER_VARIABLE]: ownerMark(),
      LAKEPROOF_QUERIES: JSON.stringify({
        trinoUrl: `http://${lab.endpoints.address("trino")}`,
        seed: plan.seed,
        durationS: DURATION_S_MAX,
        classes: plan.queries.map(({ name, ratePerS }) => ({ name, ratePerS })),
        laneCount: plan.bank.laneCount,
        userCountPerLane: plan.bank.userCountPerLane,
        // One for each query that may hang until its time-out: Trino's resource groups keep them from
        // burying a sick engine, and a missing worker would only hide its state.
        maxVUsPerClass: 24,
      }),
    },
  });
}
