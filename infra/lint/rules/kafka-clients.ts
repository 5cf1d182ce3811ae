/** Clients of Kafka: how long a broker that hangs holds what they send. */
import { count, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, msOf, textOf } from "../settings.ts";

const KEY = "producer.override.request.timeout.ms";
const WORKER_KEY = "producer.request.timeout.ms";
/** One for the batch, one for the question who leads now, which may go to the same broker. */
const REQUEST_COUNT = 2;

export const kafkaHungBroker: LintRule = {
  id: "kafka-hung-broker",
  purpose:
    "request.timeout.ms of the connector's producer against the freshness objective: a broker that hangs refuses nothing.",
  needs: ["connectors"],
  check: (facts) =>
    facts.connectors.flatMap((connector): readonly Draft[] => {
      const worker = facts.connectWorkers.find((one) => textOf(one, WORKER_KEY) !== undefined);
      const ofWorker = worker === undefined ? 30_000 : msOf(worker, WORKER_KEY, 30_000);
      const requestMs = msOf(connector, KEY, ofWorker);
      const heldMs = REQUEST_COUNT * requestMs;
      const { targets, demand } = facts;
      if (!(heldMs > targets.freshnessMs)) return [];
      const heldCount = (demand.rateEventsPerS * heldMs) / 1000;
      return [
        {
          severity: "warning",
          ...at(connector, KEY, "default 30000"),
          consequence: `A broker that is dead refuses at once; one that hangs (a long pause, a partition that drops packets) lets requests run out of time: the batch after ${span(requestMs)}, and the question for the new leader may go to it too. What it led is up to ${span(heldMs)} late, ${count(heldCount)} changes at ${count(demand.rateEventsPerS)}/s if all wait for it, where freshness has ${span(targets.freshnessMs)}.`,
          change: `Set ${KEY} to ${String(Math.floor(targets.freshnessMs / 3000) * 1000)} or less, and request.timeout.ms of the readers behind Kafka as well.`,
        },
      ];
    }),
};
