/**
 * The life of a fault that pulls plugs: the links go first, so that no peer is told, then everything on the nodes is gone
 * at once. Nodes come back in the order in which their services need each other.
 */
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { startWaves } from "../core/failure-domains.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { networkOf } from "./network-fault.ts";
import { surroundingsOf, trafficFlows } from "./network-flows.ts";
import {
  answersText,
  askWitnesses,
  findWitnesses,
  witnessesBack,
  type Witness,
} from "./witness.ts";

interface Before {
  readonly identities: Identities;
  readonly witnesses: readonly Witness[];
  readonly killedCounts: readonly number[];
}

type PowerFaultFacts<Params> = Pick<
  Fault<Params>,
  "name" | "purpose" | "params" | "paramsHelp" | "nearest" | "reach" | "hits"
>;

export function powerFault<Params>(facts: PowerFaultFacts<Params>): Fault<Params> {
  const known = new WeakMap<FaultContext<Params>, Before>();
  return {
    ...facts,
    needs: ["nodePower", "restart"],
    stopsTarget: true,
    undo: ({ instanceIds }) => ({ kind: "power-on-nodes", instanceIds }),
    inject: async (context) => {
      const network = networkOf(context);
      const flows = trafficFlows(surroundingsOf(context, network.nodes), "in");
      const found = await findWitnesses(context, network, flows);
      const identities = identitiesOf(context);
      // A node without power asks nobody.
      const witnesses = found.filter(({ nodeId }) => !context.instanceIds.includes(nodeId));
      const killedCounts = await Promise.all(context.instanceIds.map((id) => network.powerOff(id)));
      known.set(context, { identities, witnesses, killedCounts });
    },
    evidence: (context) => evidenceOf(context, known.get(context)),
    recover: async (context) => {
      const network = networkOf(context);
      await Promise.all(context.instanceIds.map((id) => network.powerOn(id)));
      for (const ids of wavesOf(context)) {
        const gone = ids.filter((id) => context.driver.processStates(id).length === 0);
        await Promise.all(gone.map((id) => context.restart(id, context.signal)));
      }
    },
    evidenceAfter: async (context) => {
      const before = known.get(context);
      const replaced = replacedSince(context, before?.identities);
      if (before === undefined || replaced === undefined) return undefined;
      const answers = await witnessesBack(context, networkOf(context), before.witnesses);
      return answers === undefined ? undefined : `${replaced}; ${answersText(answers)}`;
    },
  };
}

async function evidenceOf<Params>(
  context: FaultContext<Params>,
  before: Before | undefined,
): Promise<string | undefined> {
  if (before === undefined || before.witnesses.length === 0) return undefined;
  if (before.killedCounts.includes(0)) return undefined;
  if (context.instanceIds.some((id) => context.driver.processStates(id).length > 0)) {
    return undefined;
  }
  const answers = await askWitnesses(context, networkOf(context), before.witnesses);
  // A refusal would have come from a machine that is still on.
  const silent = answers.every(({ result }) => result === "timeout" || result === "unreachable");
  if (!silent) return undefined;
  const killed = before.killedCounts.reduce((sum, count) => sum + count, 0);
  const nodes = context.instanceIds.join(", ");
  return `${String(killed)} process(es) of ${nodes} gone with the link down; ${answersText(answers)}`;
}

/** Ids of the targets, service by service in the order of their start. */
function wavesOf<Params>(context: FaultContext<Params>): readonly (readonly string[])[] {
  const { endpoints, instanceIds, services } = context;
  const targets = endpoints.all().filter(({ id }) => instanceIds.includes(id));
  const names = [...new Set(targets.map(({ service }) => service))];
  return startWaves(services, names).map((wave) =>
    targets.filter(({ service }) => wave.includes(service)).map(({ id }) => id),
  );
}
