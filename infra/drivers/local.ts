/**
 * Real processes on this machine, each with its own loopback address, directory and process group.
 * Everything it starts carries the lab's mark, so that it can be found after a crash of the harness.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command, Instance, InstanceSpec } from "../../core/contracts/component.ts";
import type { Driver, InstanceProbe } from "../../core/contracts/driver.ts";
import type { Machine } from "../../core/contracts/machine.ts";
import type { Network } from "../../core/contracts/network.ts";
import type { Capability } from "../../core/contracts/values.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { defaultCacheDir } from "../artifacts/cache.ts";
import { openClassArchives, PLAIN, type JvmStart } from "../class-archives.ts";
import { labMark, readLab, writeLab, type LabState } from "./lab.ts";
import { inNode, type Fabric } from "./fabric.ts";
import { inUserNamespace } from "./isolation.ts";
import { asUnprivileged, unprivilegedUser } from "./unprivileged.ts";
import { openMachine } from "./machine/local-machine.ts";
import { machineSupport, type MachineSupport } from "./machine/support.ts";
import { sharedMemoryOf } from "./machine/shared-memory.ts";
import { mountVolume } from "./machine/volume.ts";
import { openNetwork } from "./network.ts";
import type { NetworkSupport } from "./network-support.ts";
import { removeAttachSocket, temporaryFilesIn } from "../temporary-directory.ts";
import {
  cpuMsWithEnded,
  familyOf,
  isAlive,
  markedProcesses,
  type ProcessFacts,
  processFacts,
  signalProcess,
} from "./processes.ts";

const PROBE_INTERVAL_MS = { first: 150, growth: 1.25, max: 1000 } as const;
const PROBE_TIMEOUT_MS = 20_000;
const LOG_TAIL_LINES = 50;
const KILL_MS_MAX = 5000;
/** With the lab's mark, tells whose process it is when group and parent no longer do. */
const INSTANCE_MARK = "LAKEPROOF_INSTANCE";

const PROCESS_FAULTS = ["kill", "pause", "restart", "linkLatency"] as const;

/** `support` where every node has a network of its own. */
export function capabilitiesOf(
  support: NetworkSupport | undefined,
  machine?: MachineSupport,
): ReadonlySet<Capability> {
  const found = [...(support?.capabilities ?? []), ...(machine?.capabilities ?? [])];
  return new Set([...PROCESS_FAULTS, ...found]);
}

export function openLocalDriver(initial: LabState): Driver {
  return new LocalDriver(initial);
}

interface Begun {
  readonly draft: Instance;
  readonly child: ChildProcess;
}

class LocalDriver implements Driver {
  readonly kind = "local";
  readonly network?: Network;
  readonly machine: Machine;
  readonly #instances = new Map<string, Instance>();
  readonly #children = new Map<string, ChildProcess>();
  readonly #labId: string;
  readonly #logsDir: string;
  readonly #fabric: Fabric | undefined;
  readonly #unprivilegedUser = unprivilegedUser();
  readonly #archives = openClassArchives(defaultCacheDir());

  constructor(state: LabState) {
    this.#labId = state.id;
    this.#logsDir = state.logsDir;
    this.#fabric = state.fabric;
    this.machine = openMachine({
      labId: state.id,
      instance: (id) => this.#instances.get(id),
      pids: (id) => this.processIds(id),
    });
    if (state.fabric !== undefined) this.network = openNetwork(state.fabric);
    for (const [id, instance] of Object.entries(state.instances)) this.#instances.set(id, instance);
  }

  /** Tried when somebody asks: not every command that looks at a lab has to. */
  get capabilities(): ReadonlySet<Capability> {
    return capabilitiesOf(this.#fabric?.support, machineSupport());
  }

  async start(spec: InstanceSpec, probe: InstanceProbe, signal: AbortSignal): Promise<Instance> {
    const logPath = join(this.#logsDir, `${spec.id}.log`);
    mkdirSync(this.#logsDir, { recursive: true });
    if (!this.#instances.has(spec.id)) await this.#prepare(spec, logPath);
    const startedMs = host.monotonicMs();
    // A program of another user could not write down what it loads.
    const jvm = spec.unprivileged === true ? PLAIN : this.#archives.optionsFor(spec.command.argv);
    const first = this.#begin(spec, jvm, logPath);
    try {
      await this.#untilReady(first.draft, first.child, probe, signal);
      this.#archives.recorded(jvm);
      return this.#ready(first.draft, startedMs);
    } catch (error) {
      // Killed is not died: that was somebody else.
      const died = !alive(first.draft) && first.child.signalCode !== "SIGKILL";
      if (signal.aborted || jvm === PLAIN || !died) throw error;
    }
    // Perhaps of the archive of its classes: when it starts without, that one is not used again.
    const second = this.#begin(spec, PLAIN, logPath);
    await this.#untilReady(second.draft, second.child, probe, signal);
    this.#archives.distrust(jvm);
    return this.#ready(second.draft, startedMs);
  }

  #begin(spec: InstanceSpec, jvm: JvmStart, logPath: string): Begun {
    const child = this.#spawn(spec, spec.command, logPath, jvm.options);
    const pid = child.pid;
    if (pid === undefined) {
      throw new LakeproofError(
        "INSTANCE_FAILED",
        `${spec.id}: cannot run ${spec.command.argv[0] ?? ""}.`,
        {
          hint: "Run `lakeproof doctor` to see which tool is missing.",
        },
      );
    }
    const draft: Instance = {
      spec,
      pid,
      startTicks: processFacts(pid)?.startTicks ?? "0",
      startedAtEpochMs: host.epochMs(),
      readyMs: 0,
      logPath,
    };
    this.#children.set(spec.id, child);
    this.#record(draft);
    return { draft, child };
  }

  #ready(draft: Instance, startedMs: number): Instance {
    const readyMs = Math.round(host.monotonicMs() - startedMs);
    // A fault may kill it, and the harness be killed before it is started again: then only this is known of it.
    const sharedMemory = sharedMemoryOf(this.processIds(draft.spec.id));
    const readyCpuMs = cpuMsWithEnded(draft.pid);
    const ready: Instance = { ...draft, readyMs, readyCpuMs, sharedMemory };
    this.#record(ready);
    return ready;
  }

  async #prepare(spec: InstanceSpec, logPath: string): Promise<void> {
    if (spec.volumeMiB !== undefined) {
      mkdirSync(spec.dataDir, { recursive: true });
      mountVolume(spec, spec.volumeMiB, this.#labId);
    }
    const temporaryDir = temporaryDirOf(spec);
    mkdirSync(temporaryDir, { recursive: true, mode: 0o755 });
    for (const [path, content] of Object.entries(spec.files)) {
      const target = join(spec.dataDir, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
    const user = spec.unprivileged === true ? this.#unprivilegedUser : undefined;
    if (user !== undefined && !inUserNamespace()) {
      for (const dir of [spec.dataDir, temporaryDir]) chownSync(dir, user.uid, user.gid);
    }
    for (const command of spec.prepare) await this.#runToEnd(spec, command, logPath);
  }

  async #runToEnd(spec: InstanceSpec, command: Command, logPath: string): Promise<void> {
    const child = this.#spawn(spec, command, logPath, []);
    const ended = await new Promise<string>((resolve) => {
      child.once("error", (error) => {
        resolve(error.message);
      });
      child.once("exit", (code, signal) => {
        resolve(String(code ?? signal));
      });
    });
    if (ended === "0") return;
    const program = command.argv[0] ?? "";
    throw new LakeproofError(
      "INSTANCE_FAILED",
      `${spec.id}: ${program} ended with ${ended}.\n${logTail(logPath)}`,
      { hint: `Read ${logPath}; the command was ${command.argv.join(" ")}.` },
    );
  }

  #spawn(
    spec: InstanceSpec,
    command: Command,
    logPath: string,
    jvmOptions: readonly string[],
  ): ChildProcess {
    const log = openSync(logPath, "a");
    // Entering a namespace and changing the user both end in exec: the pid stays that of the program.
    const [program = "", ...args] = [
      ...(this.#fabric === undefined ? [] : inNode(this.#fabric, spec.id)),
      ...(spec.unprivileged === true ? asUnprivileged(this.#unprivilegedUser) : []),
      ...command.argv,
    ];
    const child = spawn(program, args, {
      cwd: spec.dataDir,
      env: this.#environment(spec, command, jvmOptions),
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    child.on("error", () => undefined);
    child.unref();
    return child;
  }

  #environment(
    spec: InstanceSpec,
    command: Command,
    jvmOptions: readonly string[],
  ): Record<string, string> {
    return {
      PATH: host.env["PATH"] ?? "/usr/bin:/bin",
      HOME: spec.dataDir,
      LANG: "C.UTF-8",
      ...temporaryFilesIn(temporaryDirOf(spec), jvmOptions),
      ...command.env,
      LAKEPROOF_LAB: this.#labId,
      [INSTANCE_MARK]: spec.id,
    };
  }

  async #untilReady(
    instance: Instance,
    child: ChildProcess,
    probe: InstanceProbe,
    signal: AbortSignal,
  ): Promise<void> {
    const { spec, logPath } = instance;
    const deadlineMs = host.monotonicMs() + spec.readyMsMax;
    const died = new AbortController();
    child.once("exit", () => {
      died.abort(new DOMException("the process ended", "AbortError"));
    });
    let reason = "no probe answered";
    let intervalMs: number = PROBE_INTERVAL_MS.first;
    while (host.monotonicMs() < deadlineMs) {
      signal.throwIfAborted();
      if (child.exitCode !== null || child.signalCode !== null || !alive(instance)) {
        const how = child.exitCode ?? child.signalCode ?? "unknown";
        throw failed(spec.id, `died while starting (exit ${String(how)})`, logPath);
      }
      try {
        await probe(spec, host.deadline(PROBE_TIMEOUT_MS, signal, died.signal));
        return;
      } catch (error) {
        reason = reasonOf(error);
      }
      await host.sleep(intervalMs, signal);
      // A slow starter must not spend its time on answering probes.
      intervalMs = Math.min(PROBE_INTERVAL_MS.max, intervalMs * PROBE_INTERVAL_MS.growth);
    }
    throw failed(spec.id, `not ready after ${String(spec.readyMsMax)} ms: ${reason}`, logPath);
  }

  #record(instance: Instance): void {
    this.#instances.set(instance.spec.id, instance);
    const state = readLab(this.#labId);
    if (state === undefined) return;
    writeLab({ ...state, instances: Object.fromEntries(this.#instances) });
  }

  async stop(instanceId: string, graceMs: number): Promise<void> {
    const instance = this.#instances.get(instanceId);
    if (instance !== undefined) await stopInstance(instance, graceMs);
  }

  instance(instanceId: string): Instance | undefined {
    return this.#instances.get(instanceId);
  }

  async act(instanceId: string, action: "kill" | "pause" | "resume"): Promise<void> {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) return;
    const signal = { kill: "SIGKILL", pause: "SIGSTOP", resume: "SIGCONT" } as const;
    for (const facts of this.#family(instance)) signalProcess(facts.pid, signal[action]);
    if (action === "kill") await this.#untilAllGone(instance);
  }

  async killMain(instanceId: string): Promise<void> {
    const instance = this.#instances.get(instanceId);
    if (instance !== undefined && alive(instance)) {
      signalProcess(instance.pid, "SIGKILL");
      await untilGone(instance, KILL_MS_MAX);
      if (!alive(instance)) return;
    }
    const message = `The main process of ${instanceId} was not running, or did not end.`;
    const hint = "`lakeproof status` shows which instances are down.";
    throw new LakeproofError("FAULT_FAILED", message, { hint });
  }

  /** Whoever starts it again must not meet a postmaster that is just dying. */
  async #untilAllGone(instance: Instance): Promise<void> {
    const deadlineMs = host.monotonicMs() + KILL_MS_MAX;
    await untilGone(instance, KILL_MS_MAX);
    const isThere = (): boolean => this.#family(instance).length > 0;
    while (isThere() && host.monotonicMs() < deadlineMs) await host.sleep(50);
  }

  processStates(instanceId: string): readonly string[] {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) return [];
    return this.#family(instance).map((facts) => facts.state);
  }

  reload(instanceId: string): Promise<void> {
    const instance = this.#instances.get(instanceId);
    const signal = instance?.spec.reloadSignal;
    if (instance === undefined || signal === undefined || !alive(instance)) {
      const reason = signal === undefined ? "knows no signal for it" : "does not run";
      throw new LakeproofError("FAULT_FAILED", `${instanceId} cannot be reloaded: it ${reason}.`, {
        hint: "A lab that was started by an older lakeproof has to be started again.",
      });
    }
    // The main process alone: its workers take the signal for something else.
    signalProcess(instance.pid, signal);
    return Promise.resolve();
  }

  processIds(instanceId: string): readonly number[] {
    const instance = this.#instances.get(instanceId);
    return instance === undefined ? [] : this.#family(instance).map(({ pid }) => pid);
  }

  /** Patroni's postmaster leaves group and parent behind; it still carries the marks it was born with. */
  #family(instance: Instance): readonly ProcessFacts[] {
    const marked = markedProcesses(labMark(this.#labId), `${INSTANCE_MARK}=${instance.spec.id}`);
    const roots = new Set([instance.pid, ...marked.map((facts) => facts.pid)]);
    const all = [...roots].flatMap((pid) => familyOf(pid));
    return [...new Map(all.map((facts) => [facts.pid, facts])).values()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#instances.keys()].map((id) => this.stop(id, 0)));
  }
}

export function alive(instance: Instance): boolean {
  return isAlive(instance.pid, instance.startTicks);
}

/** Asks, waits, then kills the whole family. Safe when it is already gone. */
export async function stopInstance(instance: Instance, graceMs: number): Promise<void> {
  if (!alive(instance)) {
    removeAttachSocket(instance.pid);
    return;
  }
  const family = familyOf(instance.pid);
  if (graceMs > 0) {
    signalProcess(instance.pid, "SIGTERM");
    await untilGone(instance, graceMs);
  }
  for (const facts of [...family, ...familyOf(instance.pid)]) {
    if (isAlive(facts.pid, facts.startTicks)) signalProcess(facts.pid, "SIGKILL");
  }
  await untilGone(instance, KILL_MS_MAX);
}

async function untilGone(instance: Instance, limitMs: number): Promise<void> {
  const deadlineMs = host.monotonicMs() + limitMs;
  while (alive(instance) && host.monotonicMs() < deadlineMs) await host.sleep(25);
  if (!alive(instance)) removeAttachSocket(instance.pid);
}

function temporaryDirOf(spec: InstanceSpec): string {
  return join(spec.dataDir, "tmp");
}

function failed(id: string, what: string, logPath: string): LakeproofError {
  return new LakeproofError(
    "INSTANCE_FAILED",
    `${id} ${what}. Its last lines:\n${logTail(logPath)}`,
    {
      hint: `Read ${logPath}; run \`lakeproof doctor\` if a tool or memory may be missing.`,
    },
  );
}

function logTail(logPath: string): string {
  try {
    const lines = readFileSync(logPath, "utf8").trimEnd().split("\n");
    return lines
      .slice(-LOG_TAIL_LINES)
      .map((line) => `  | ${line}`)
      .join("\n");
  } catch {
    return "  | (no log)";
  }
}
