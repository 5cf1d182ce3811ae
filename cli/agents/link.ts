/** One agent as its coordinator sees it: a process, here or behind ssh, that answers line by line. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Json } from "../../core/contracts/values.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { clockOffset, type ClockLook, type ClockOffset } from "./clocks.ts";
import type { AgentCommand } from "./commands.ts";
import { BEAT_MS, MISSED_BEATS_MAX, parseReport, type Order, type Report } from "./protocol.ts";

const STDERR_CHARS_MAX = 2000;
const PING_COUNT = 9;
const PONG_MS_MAX = 5000;
/** What a load needs to end in order, k6's own patience included. */
const STOP_MS_MAX = 15_000;
const KILL_MS_MAX = 5000;

type Kind = "hello" | "ready" | "started" | "ended";
type Pong = Extract<Report, { kind: "pong" }>;

export class AgentLink implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #reports = new Map<Kind, PromiseWithResolvers<Report>>();
  readonly #pongs = new Map<number, PromiseWithResolvers<Pong>>();
  readonly #lost = new AbortController();
  readonly #onEvent: (body: Json) => void;
  readonly #beat: Disposable;
  #stderr = "";
  #failure = "";
  #startLateMs = 0;
  #mustAnswer = false;
  #missedBeats = 0;

  constructor(command: AgentCommand, onEvent: (body: Json) => void) {
    this.name = command.name;
    this.#onEvent = onEvent;
    const [program = "", ...args] = command.argv;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#exited = this.#watch();
    this.#beat = host.every(BEAT_MS, () => {
      this.#everyBeat();
    });
  }

  /** How late the order to start reached it. 0 until it said so. */
  get startLateMs(): number {
    return this.#startLateMs;
  }

  send(order: Order): void {
    if (this.#child.stdin?.writable === true) this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  /** Rejects with AGENT_LOST where the agent is gone or takes longer, and with the signal's reason. */
  async answer<K extends Kind>(
    kind: K,
    msMax: number,
    signal: AbortSignal,
  ): Promise<Extract<Report, { kind: K }>> {
    const report = await this.#within(this.#slot(kind).promise, msMax, signal);
    return report as Extract<Report, { kind: K }>;
  }

  /** Asks for its clocks a few times. */
  async clock(signal: AbortSignal): Promise<ClockOffset> {
    const looks: ClockLook[] = [];
    for (let id = 0; id < PING_COUNT; id += 1) {
      const pong = Promise.withResolvers<Pong>();
      this.#pongs.set(id, pong);
      const askedMonotonicMs = host.monotonicMs();
      const askedEpochMs = host.epochMs();
      this.send({ kind: "ping", id });
      // When it was read, not when its waiter has its turn.
      const answered = pong.promise.then((report) => ({ report, atMs: host.monotonicMs() }));
      const { report, atMs } = await this.#within(answered, PONG_MS_MAX, signal);
      const { monotonicMs, epochMs } = report;
      looks.push({
        ...{ askedMonotonicMs, askedEpochMs, answeredMonotonicMs: atMs },
        ...{ monotonicMs, epochMs },
      });
    }
    return clockOffset(looks);
  }

  /** From now on silence counts. */
  start(atMonotonicMs: number, atEpochMs: number): void {
    this.#mustAnswer = true;
    this.send({ kind: "start", atMonotonicMs, atEpochMs });
  }

  lose(reason: string): void {
    this.#lost.abort(
      new LakeproofError("AGENT_LOST", `${this.name} ${reason}.`, {
        hint: "Try its command by hand; the other agents were ended too.",
      }),
    );
  }

  /** Ends the agent: in order, then by force. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#mustAnswer = false;
    this.send({ kind: "stop" });
    this.#child.stdin?.end();
    await Promise.race([this.#exited, host.sleep(STOP_MS_MAX)]);
    if (this.#isAlive()) {
      this.#child.kill("SIGTERM");
      await Promise.race([this.#exited, host.sleep(KILL_MS_MAX)]);
    }
    if (this.#isAlive()) this.#child.kill("SIGKILL");
    this.#beat[Symbol.dispose]();
  }

  #isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #within<T>(work: Promise<T>, msMax: number, signal: AbortSignal): Promise<T> {
    const late = host.deadline(msMax, signal, this.#lost.signal);
    try {
      return await untilAborted(work, late);
    } catch (error) {
      signal.throwIfAborted();
      this.#lost.signal.throwIfAborted();
      if (!late.aborted) throw error;
      this.lose(`did not answer within ${(msMax / 1000).toFixed(0)} s`);
      throw this.#lost.signal.reason;
    }
  }

  #slot(kind: Kind): PromiseWithResolvers<Report> {
    let slot = this.#reports.get(kind);
    if (slot === undefined) {
      slot = Promise.withResolvers<Report>();
      this.#reports.set(kind, slot);
    }
    return slot;
  }

  #watch(): Promise<void> {
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on("error", () => undefined);
    stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARS_MAX);
    });
    if (stdout !== null) {
      createInterface({ input: stdout, crlfDelay: Infinity }).on("line", (line) => {
        this.#take(line);
      });
    }
    return new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.lose(`could not be started: ${error.message}`);
        resolve();
      });
      this.#child.once("close", (code, signal) => {
        const said = this.#failure === "" ? this.#stderr.trim() : this.#failure;
        const how = signal ?? `exit code ${String(code)}`;
        this.lose(`ended (${how})${said === "" ? "" : `: ${said.replace(/\.$/, "")}`}`);
        resolve();
      });
    });
  }

  #take(line: string): void {
    const report = parseReport(line);
    if (report === undefined) return;
    this.#missedBeats = 0;
    switch (report.kind) {
      case "pong":
        this.#pongs.get(report.id)?.resolve(report);
        break;
      case "event":
        this.#onEvent(report.body);
        break;
      case "failed":
        this.#failure = report.reason;
        break;
      case "started":
        this.#startLateMs = report.lateMs;
        this.#slot(report.kind).resolve(report);
        break;
      case "hello":
      case "ready":
      case "ended":
        this.#slot(report.kind).resolve(report);
        break;
      case "beat":
    }
  }

  /** In turns of the event loop, as the agent counts. */
  #everyBeat(): void {
    this.send({ kind: "beat" });
    this.#missedBeats += 1;
    if (this.#mustAnswer && this.#missedBeats > MISSED_BEATS_MAX) {
      this.lose(`was silent for ${String((MISSED_BEATS_MAX * BEAT_MS) / 1000)} s`);
    }
  }
}
