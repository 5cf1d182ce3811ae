/** WHERE instances run. */
import type { Capability } from "./values.ts";
import type { Instance, InstanceSpec } from "./component.ts";
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";

export interface Driver extends AsyncDisposable {
  readonly kind: "local" | "docker" | "kubernetes" | "external";
  /** What this driver can do; a fault that needs more is refused by `plan`. */
  readonly capabilities: ReadonlySet<Capability>;
  /** Starts the process and returns once `probe` succeeds. Throws INSTANCE_FAILED with the log tail. */
  start(spec: InstanceSpec, probe: InstanceProbe, signal: AbortSignal): Promise<Instance>;
  stop(instanceId: string, graceMs: number): Promise<void>;
  instance(instanceId: string): Instance | undefined;
  /** SIGKILL, SIGSTOP or SIGCONT to the whole process group. Idempotent. */
  act(instanceId: string, action: "kill" | "pause" | "resume"): Promise<void>;
  /**
   * SIGKILL to the main process and to nothing else: what it has started may live on. Throws FAULT_FAILED where it does
   * not run, or does not end.
   */
  killMain(instanceId: string): Promise<void>;
  /** Has the main process read its configuration anew. Throws FAULT_FAILED where it cannot. */
  reload(instanceId: string): Promise<void>;
  /** Of the main process and all its descendants; empty when gone. */
  processIds(instanceId: string): readonly number[];
  /** State letter of each process of the instance as the kernel sees it ("S", "T", …); empty when gone. */
  processStates(instanceId: string): readonly string[];
  /** Absent where instances have no network of their own. */
  readonly network?: Network;
  /** Absent where the driver cannot reach disks and control groups of its instances. */
  readonly machine?: Machine;
}

export type InstanceProbe = (spec: InstanceSpec, signal: AbortSignal) => Promise<void>;
