/** What Kafka Connect says of the bank's connector. */
import type { Probe } from "../../core/contracts/probe.ts";
import { LakeproofError } from "../../core/errors.ts";
import { connectorStatus } from "../../infra/clients/connect.ts";

export const tasksNotRunning: Probe = {
  name: "connect.tasksNotRunning",
  purpose:
    "The connector and its tasks that are not RUNNING, as the first worker that answers says.",
  unit: "count",
  intervalMs: 2000,
  sample: async (endpoints, signal) => {
    let last: unknown;
    for (const address of endpoints.addresses("connect")) {
      try {
        const { connector, tasks } = await connectorStatus(address, signal);
        const bad = [connector, ...tasks].filter(({ state }) => state !== "RUNNING").length;
        return tasks.length === 0 ? Math.max(1, bad) : bad;
      } catch (error) {
        last = error;
      }
    }
    throw new LakeproofError("CLIENT_FAILED", "No Connect worker tells the connector's state.", {
      hint: "Read the workers' logs.",
      cause: last,
    });
  },
};
