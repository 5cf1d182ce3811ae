/** One k6 process of the harness's own scripts: its samples become windows and histograms per load. */
import { join } from "node:path";
import { host } from "../../core/host.ts";
import type { Outcome } from "../../core/contracts/values.ts";
import type { WorkloadWindows } from "../../core/windows.ts";
import { parseK6Line, type K6Line, type LoadName } from "../../generators/k6/output.ts";
import { startK6, type K6 } from "../../infra/clients/k6.ts";
import { labMark, OWNER_VARIABLE, ownerMark } from "../../infra/drivers/lab.ts";
import type { Session } from "./session.ts";

/** k6 wants an end; the run ends it much earlier. */
export const K6_DURATION_S_MAX = 6 * 3600;
/** An operation is settled at the latest after its own timeout: windows before that are complete. */
const SETTLE_MS_MAX = 65_000;

export interface RunningLoad {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface RunningK6 extends RunningLoad {
  /** True once k6 has ended by itself. */
  ended(): boolean;
}

export interface K6LoadOptions {
  /** Of the process, its output and its log, e.g. "k6" or "k6-bi". */
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly windows: ReadonlyMap<LoadName, WorkloadWindows>;
  /** The last word on an operation that k6 takes for good. Default: it is. */
  readonly judge?: (sample: EndedSample, intendedMs: number) => Outcome;
  readonly onUser?: () => void;
  readonly onBegun?: () => void;
  /** Its schedule has an end: k6 is not blind because it came to it. */
  readonly endsByItself?: boolean;
}

export type EndedSample = Extract<K6Line, { readonly kind: "query" }>;

/** Operations that k6 has begun and not yet told the end of. */
class BegunOperations {
  readonly #open = new Map<LoadName, number[]>();

  add(name: LoadName, intendedEpochMs: number): void {
    const open = this.#open.get(name);
    if (open === undefined) this.#open.set(name, [intendedEpochMs]);
    else open.push(intendedEpochMs);
  }

  /** The one with the nearest intended start: k6 stamps both samples with its own clock, a few ms apart. */
  end(name: LoadName, intendedEpochMs: number): void {
    const open = this.#open.get(name) ?? [];
    const distances = open.map((candidate) => Math.abs(candidate - intendedEpochMs));
    const nearest = distances.indexOf(Math.min(...distances));
    if (nearest >= 0) open.splice(nearest, 1);
  }

  unfinished(): readonly { readonly name: LoadName; readonly intendedEpochMs: number }[] {
    return [...this.#open].flatMap(([name, open]) =>
      open.map((intendedEpochMs) => ({ name, intendedEpochMs })),
    );
  }
}

export function startK6Load(session: Session, options: K6LoadOptions): RunningK6 {
  const { journal } = session;
  const { windows } = options;
  const startedMs = journal.nowMs();
  const begun = new BegunOperations();
  const take = (sample: K6Line): void => {
    if (sample.kind === "user") {
      options.onUser?.();
      return;
    }
    const window = windows.get(sample.class);
    if (window === undefined) return;
    if (sample.kind === "begun") {
      begun.add(sample.class, sample.intendedEpochMs);
      options.onBegun?.();
      return;
    }
    if (sample.kind === "dropped") {
      window.dropped(sample.epochMs - session.startedAtEpochMs, sample.count);
      return;
    }
    const endedMs = sample.endedEpochMs - session.startedAtEpochMs;
    begun.end(sample.class, sample.endedEpochMs - sample.latencyMs);
    const intendedMs = Math.max(startedMs, endedMs - sample.latencyMs);
    const judged = (): Outcome => options.judge?.(sample, intendedMs) ?? "ok";
    window.offered(intendedMs);
    window.settled(intendedMs, sample.outcome === "ok" ? judged() : "fail", sample.latencyMs, 0);
  };
  const k6 = launch(session, options, take);
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
    ended: () => k6.ended(),
    stop: async () => {
      const diedEarly = options.endsByItself !== true && k6.ended();
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
        const reason = `k6 ended by itself: read logs/${options.name}.log`;
        journal.append({ kind: "probe.blind", probe: options.name, reason });
      }
    },
  };
}

function launch(session: Session, options: K6LoadOptions, take: (line: K6Line) => void): K6 {
  return startK6({
    binary: session.artifacts["k6"] ?? "k6",
    script: options.script,
    outputPath: join(session.runDir, `${options.name}.ndjson`),
    logPath: join(session.runDir, "logs", `${options.name}.log`),
    onLine: (line) => {
      const sample = parseK6Line(line);
      if (sample !== undefined) take(sample);
    },
    env: { ...markEnv(session), ...options.env },
  });
}

/** By which a left-over process is known to be this lab's. */
export function markEnv({ lab }: Session): Readonly<Record<string, string>> {
  const [mark = "", labId = ""] = labMark(lab.id).split("=");
  return { [mark]: labId, [OWNER_VARIABLE]: ownerMark() };
}
