/** Trino's retries: what they need to be there before they repeat anything. */
import { dirname } from "node:path/posix";
import { EVENT_BYTES } from "../estimates.ts";
import type { Facts } from "../facts.ts";
import { count, memory, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, bytesOf, flagOf, textOf, type Settings } from "../settings.ts";

const MIB = 1024 ** 2;
const BUFFER_BYTES_DEFAULT = 32 * MIB;

/** Has the directory of the node's configuration been shown, so that a file missing there is missing? */
function isShown(facts: Facts, node: Settings): boolean {
  const directory = `${dirname(node.file)}/`;
  return facts.complete || facts.catalogs.some(({ file }) => file.startsWith(directory));
}

export const trinoRetries: LintRule = {
  id: "trino-retries",
  purpose:
    "retry-policy without an exchange manager: queries that fail by the size of their output, with no fault at all.",
  needs: ["trino"],
  check: (facts) =>
    facts.trino.flatMap((node): readonly Draft[] => {
      const policy = (textOf(node, "retry-policy") ?? "NONE").toUpperCase();
      if (policy === "NONE" || !flagOf(node, "coordinator", true)) return [];
      const beside = dirname(node.file);
      const managed = facts.exchangeManagers.some(({ file }) => dirname(file) === beside);
      if (managed || !isShown(facts, node)) return [];
      const buffer = bytesOf(node, "exchange.deduplication-buffer-size", BUFFER_BYTES_DEFAULT);
      const rows = count(buffer / EVENT_BYTES);
      const what =
        policy === "TASK"
          ? "every stage hands its output to the next through it"
          : `a large report is one; it has ${span(facts.targets.largeReportMs)} and gets an error`;
      return [
        {
          severity: policy === "TASK" ? "error" : "warning",
          ...at(node, "retry-policy", ""),
          consequence: `With retries the coordinator holds back output until it is final, ${memory(buffer)} of it (exchange.deduplication-buffer-size), about ${rows} rows of ${String(EVENT_BYTES)} bytes, and without an exchange manager a query with more fails ("Exchange manager must be configured for the failure recovery capabilities to be fully functional"): ${what}, though nothing was lost.`,
          change:
            "Add etc/exchange-manager.properties (exchange-manager.name=filesystem, a directory on the object store) on every node, or leave retry-policy to a cluster for short queries.",
        },
      ];
    }),
};
