/** The lake's maintenance as others use it: told to begin, and asked how far it is. */
import type { LakeMaintenance } from "../../core/contracts/fault.ts";
import { requestJson } from "../clients/http.ts";
import { scrapeText } from "../clients/prometheus.ts";
import { readMaintenance } from "./readings.ts";
import { MAINTENANCE_RUN_PATH } from "./statements.ts";

/** `address`: of its metrics. Both calls throw CLIENT_FAILED where it does not answer. */
export function openLakeMaintenance(address: string): LakeMaintenance {
  return {
    begin: async (signal) => {
      await requestJson(`http://${address}${MAINTENANCE_RUN_PATH}`, { method: "POST", signal });
    },
    progress: async (signal) => {
      const { isWorking, runs } = readMaintenance(await scrapeText(address, "/metrics", signal));
      // What was skipped has not run.
      const ended = runs.filter(({ outcome }) => outcome !== "skipped");
      return { isWorking, endedCount: ended.reduce((sum, { runCount }) => sum + runCount, 0) };
    },
  };
}
