/**
 * The life of a fault that is a disturbance of the network: witnesses first, then the kernel is told what to do
 * with which flows, and its own counters and the witnesses say whether it does.
 */
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import type { Network, NetworkEffect, NetworkFlow } from "../core/contracts/network.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { surroundingsOf, type Surroundings } from "./network-flows.ts";
import {
  answersText,
  askWitnesses,
  findWitnesses,
  witnessesBack,
  type Answer,
  type Witness,
} from "./witness.ts";

const EVIDENCE_MS_MAX = 10_000;
const RETRY_MS = 200;
/** Share of the configured latency that a measured connection must show. */
const LATENCY_RATIO = 0.8;

/** What the witnesses meet while it lasts. */
export type Sign =
  /** Not one connection opens. */
  | "blocked"
  /** Every connection opens, while packets are lost all the same. */
  | "opens"
  /** The kernel counts packets, and that is all there is to see from outside. */
  | "counted"
  /** Every connection takes longer by what the effect says. */
  | "slower";

export interface NetworkFaultFacts<Params> extends Pick<
  Fault<Params>,
  "name" | "purpose" | "params" | "paramsHelp" | "needs" | "stopsTarget" | "nearest" | "reach"
> {
  readonly flows: (around: Surroundings, params: Params) => readonly NetworkFlow[];
  readonly effect: (params: Params) => NetworkEffect;
  readonly sign: (params: Params) => Sign;
}

export function networkFault<Params>(facts: NetworkFaultFacts<Params>): Fault<Params> {
  const { flows, effect, sign, ...described } = facts;
  const known = new WeakMap<FaultContext<Params>, readonly Witness[]>();
  return {
    ...described,
    undo: (context) => ({ kind: "clear-network", tag: context.id }),
    inject: async (context) => {
      const network = networkOf(context);
      const disturbed = flows(surroundingsOf(context, network.nodes), context.params);
      if (disturbed.length === 0) {
        throw new LakeproofError("FAULT_FAILED", `${facts.name} finds no flow to disturb.`, {
          hint: `Aim it at something that has a network beside ${context.instanceIds.join(", ")}.`,
        });
      }
      known.set(context, await findWitnesses(context, network, disturbed));
      await network.disturb({
        tag: context.id,
        flows: disturbed,
        effect: effect(context.params),
        leaseMs: context.leaseMs,
      });
    },
    evidence: async (context) => {
      const network = networkOf(context);
      const witnesses = known.get(context) ?? [];
      if (witnesses.length === 0) return undefined;
      const felt = effect(context.params);
      const answers = await untilFelt(context, network, witnesses, (all) =>
        isSign(sign(context.params), felt, all),
      );
      if (answers === undefined) return undefined;
      const { packetCount, flowCount } = await network.state(context.id);
      return (
        `${String(packetCount)} packet(s) counted on ${String(flowCount)} flow(s), ` +
        `${network.mechanismOf(felt)}, for at most ${String(Math.ceil(context.leaseMs / 1000))} s; ` +
        answersText(answers)
      );
    },
    recover: async (context) => {
      await networkOf(context).clear(context.id);
    },
    evidenceAfter: async (context) => {
      const network = networkOf(context);
      const { flowCount } = await network.state(context.id);
      if (flowCount > 0) return undefined;
      const answers = await witnessesBack(context, network, known.get(context) ?? []);
      return answers === undefined ? undefined : `no flow is disturbed: ${answersText(answers)}`;
    },
  };
}

export function networkOf<Params>(context: FaultContext<Params>): Network {
  const { network } = context.driver;
  if (network !== undefined) return network;
  throw new LakeproofError("FAULT_FAILED", "The nodes of this lab have no network of their own.", {
    hint: "Run it with --isolation namespaces.",
  });
}

/** The witnesses' own connections are traffic too, so that a silent lab does not hide a fault. */
async function untilFelt<Params>(
  context: FaultContext<Params>,
  network: Network,
  witnesses: readonly Witness[],
  convinced: (answers: readonly Answer[]) => boolean,
): Promise<readonly Answer[] | undefined> {
  const deadlineMs = host.monotonicMs() + EVIDENCE_MS_MAX;
  for (;;) {
    const answers = await askWitnesses(context, network, witnesses);
    const { packetCount } = await network.state(context.id);
    if (packetCount > 0 && convinced(answers)) return answers;
    if (host.monotonicMs() >= deadlineMs) return undefined;
    await host.sleep(RETRY_MS, context.signal);
  }
}

function isSign(sign: Sign, effect: NetworkEffect, answers: readonly Answer[]): boolean {
  switch (sign) {
    case "counted":
      return true;
    case "blocked":
      return answers.every(({ result }) => result !== "connected");
    case "opens":
      return answers.every(({ result }) => result === "connected");
    case "slower": {
      const leastMs =
        effect.kind === "delay" ? (effect.latencyMs - effect.jitterMs) * LATENCY_RATIO : 0;
      return answers.every(({ elapsedMs, beforeMs }) => elapsedMs - beforeMs >= leastMs);
    }
  }
}
