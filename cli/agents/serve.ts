/**
 * The agent's end: greets, prepares the job it is given, starts when it is told, and says what it saw. It never
 * outlives its coordinator: the end of standard input, or silence on it, ends the work.
 */
import type { Json } from "../../core/contracts/values.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { VERSION } from "../version.ts";
import {
  AGENT_SCHEMA,
  BEAT_MS,
  MISSED_BEATS_MAX,
  parseOrder,
  type Order,
  type Report,
} from "./protocol.ts";

const LAST_WORDS_MS_MAX = 2000;

export interface AgentStart {
  readonly startMonotonicMs: number;
  readonly startEpochMs: number;
}

export interface AgentContext {
  /** End at once. */
  readonly signal: AbortSignal;
  /** Offer nothing more; the result is still wanted. */
  readonly finish: AbortSignal;
  readonly tell: (event: Json) => void;
}

/** Ready to start without delay. */
export interface PreparedWork extends AsyncDisposable {
  readonly facts: Json;
  run(start: AgentStart): Promise<Json>;
}

export interface AgentWork {
  readonly name: string;
  /** Rejects with what speaks against it; nothing is loaded before it is started. */
  prepare(job: Json, context: AgentContext): Promise<PreparedWork>;
}

/** Returns the exit code. What went wrong is told to the coordinator, and on standard error. */
export async function serveAgent(work: AgentWork): Promise<number> {
  using session = new AgentSession(work.name);
  try {
    await session.serve(work);
    return 0;
  } catch (error) {
    const reason = reasonOf(error);
    session.tell({ kind: "failed", reason });
    host.err(`lakeproof: ${reason}\n`);
    return error instanceof LakeproofError ? error.exitCode : 1;
  } finally {
    await Promise.race([host.outWritten(), host.sleep(LAST_WORDS_MS_MAX)]);
  }
}

class AgentSession implements Disposable {
  readonly #work: string;
  readonly #stop = new AbortController();
  readonly #finish = new AbortController();
  readonly #job = Promise.withResolvers<Json>();
  readonly #start = Promise.withResolvers<Extract<Order, { kind: "start" }>>();
  readonly #beat: Disposable;
  #hasJob = false;
  #missedBeats = 0;

  constructor(work: string) {
    this.#work = work;
    this.#beat = host.every(BEAT_MS, () => {
      this.#everyBeat();
    });
    // Ctrl-C reaches the whole group of processes, and what to do about it is for the coordinator to say.
    host.onSignal("SIGINT", () => {
      if (!this.#hasJob) host.exit(130);
    });
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      host.onSignal(signal, () => {
        this.#end(`Stopped by ${signal}.`);
      });
    }
  }

  [Symbol.dispose](): void {
    this.#beat[Symbol.dispose]();
  }

  async serve(work: AgentWork): Promise<void> {
    void host
      .eachStdinLine((line) => {
        this.#take(line);
      })
      .then(() => {
        this.#end("The coordinator is gone.");
      });
    this.tell({ kind: "hello", schema: AGENT_SCHEMA, version: VERSION, work: this.#work });
    const { signal } = this.#stop;
    const job = await untilAborted(this.#job.promise, signal);
    const context: AgentContext = {
      ...{ signal, finish: this.#finish.signal },
      tell: (body) => {
        this.tell({ kind: "event", body });
      },
    };
    await using prepared = await work.prepare(job, context);
    signal.throwIfAborted();
    this.tell({ kind: "ready", facts: prepared.facts });
    const start = await untilAborted(this.#start.promise, signal);
    this.tell({ kind: "started", lateMs: Math.max(0, host.monotonicMs() - start.atMonotonicMs) });
    const result = await prepared.run({
      startMonotonicMs: start.atMonotonicMs,
      startEpochMs: start.atEpochMs,
    });
    signal.throwIfAborted();
    this.tell({ kind: "ended", result });
  }

  tell(report: Report): void {
    host.out(`${JSON.stringify(report)}\n`);
  }

  #take(line: string): void {
    const order = parseOrder(line);
    if (order === undefined) return;
    this.#missedBeats = 0;
    switch (order.kind) {
      case "ping":
        this.tell({
          ...{ kind: "pong", id: order.id },
          ...{ monotonicMs: host.monotonicMs(), epochMs: host.epochMs() },
        });
        break;
      case "job":
        this.#hasJob = true;
        this.#job.resolve(order.job);
        break;
      case "start":
        this.#start.resolve(order);
        break;
      case "finish":
        this.#finish.abort();
        break;
      case "stop":
        this.#end("Stopped by the coordinator.");
        break;
      case "beat":
    }
  }

  /** Counted in turns of the event loop and not by the clock: who was busy has not heard, which is not silence. */
  #everyBeat(): void {
    this.tell({ kind: "beat" });
    this.#missedBeats += 1;
    if (this.#missedBeats > MISSED_BEATS_MAX) this.#end("The coordinator is silent.");
  }

  #end(message: string): void {
    this.#stop.abort(
      new LakeproofError("TERMINATED", message, { hint: "Start the load again from there." }),
    );
  }
}
