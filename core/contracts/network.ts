/** What a driver can do to the network between the nodes of a lab. */
import type { Zone } from "./topology.ts";

/** What becomes of the packets of a flow while a disturbance lasts. */
export type NetworkEffect =
  /** Every packet is dropped: to the sender the receiver is gone. */
  | { readonly kind: "drop" }
  /** TCP opens, and after that nothing comes through any more. */
  | { readonly kind: "half-open" }
  /** This share of all TCP packets (0 to 1) is answered with a reset instead of being delivered. */
  | { readonly kind: "reset"; readonly packetRatio: number }
  /** This share of all packets (0 to 1) is dropped, each by its own throw of the dice. */
  | { readonly kind: "loss"; readonly packetRatio: number }
  /** All flows into one node together get no more than this. */
  | { readonly kind: "rate"; readonly rateKBytesPerS: number }
  /** Every packet waits; all of them are delivered, late and in order, when it is cleared. */
  | { readonly kind: "hold" }
  /** Every packet comes later by this, give or take the jitter. */
  | { readonly kind: "delay"; readonly latencyMs: number; readonly jitterMs: number };

export interface NetworkNode {
  /** The instance that lives there; the harness and the users have nodes of their own. */
  readonly id: string;
  readonly place: Zone | "outside";
  readonly host: string;
}

/** From one node to another, in this direction alone. */
export interface NetworkFlow {
  readonly from: NetworkNode;
  readonly to: NetworkNode;
}

export interface Disturbance {
  /** Names it until it is cleared; also the owner tag of everything made for it in the kernel. */
  readonly tag: string;
  readonly flows: readonly NetworkFlow[];
  readonly effect: NetworkEffect;
  /** The kernel ends it after this by itself, whoever is still alive then. */
  readonly leaseMs: number;
}

export interface DisturbanceState {
  /** Flows that are disturbed right now: fewer than asked for once leases have run out. */
  readonly flowCount: number;
  /** Packets that felt it so far, counted by the kernel. */
  readonly packetCount: number;
}

export interface Attempt {
  /** refused: the host answered that nobody listens, or reset the connection. */
  readonly result: "connected" | "refused" | "unreachable" | "timeout";
  readonly elapsedMs: number;
}

export interface Network {
  readonly nodes: readonly NetworkNode[];
  /** By which means it is done on this machine, or why it cannot be. */
  mechanismOf(effect: NetworkEffect): string;
  /** All of it at one moment, or nothing. Throws FAULT_FAILED with what the kernel said. */
  disturb(disturbance: Disturbance): Promise<void>;
  /** Idempotent: what is not there is as good as cleared. */
  clear(tag: string): Promise<void>;
  /** Zero of everything where there is no such disturbance. */
  state(tag: string): Promise<DisturbanceState>;
  /** Opens a TCP connection to each "host:port" from inside a node; results in the same order. */
  attempt(
    nodeId: string,
    addresses: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Attempt[]>;
  /** Link down first, then SIGKILL to everything in the node: nobody gets to say goodbye. Returns the number killed. */
  powerOff(nodeId: string): Promise<number>;
  /** Link up again; what ran there is not started. Idempotent. */
  powerOn(nodeId: string): Promise<void>;
}
