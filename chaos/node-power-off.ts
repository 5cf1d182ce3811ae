/** The plug is pulled: the link goes first, so that no peer is told, then everything on the node is gone at once. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
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

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

interface Before {
  readonly identities: Identities;
  readonly witnesses: readonly Witness[];
  readonly killedCounts: readonly number[];
}

const known = new WeakMap<FaultContext<Params>, Before>();

export const nodePowerOff: Fault<Params> = {
  name: "node-power-off",
  purpose:
    "Takes the node's link down, then kills everything on it; the way back is link up and a restart.",
  params: Params,
  paramsHelp: {},
  needs: ["nodePower", "restart"],
  nearest: ["process-kill"],
  stopsTarget: true,
  undo: (context) => ({ kind: "power-on-nodes", instanceIds: context.instanceIds }),
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
  evidence: async (context) => {
    const before = known.get(context);
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
  },
  recover: async (context) => {
    const network = networkOf(context);
    await Promise.all(context.instanceIds.map((id) => network.powerOn(id)));
    await Promise.all(
      context.instanceIds
        .filter((id) => context.driver.processStates(id).length === 0)
        .map((id) => context.restart(id, context.signal)),
    );
  },
  evidenceAfter: async (context) => {
    const before = known.get(context);
    const replaced = replacedSince(context, before?.identities);
    if (before === undefined || replaced === undefined) return undefined;
    const answers = await witnessesBack(context, networkOf(context), before.witnesses);
    return answers === undefined ? undefined : `${replaced}; ${answersText(answers)}`;
  },
};
