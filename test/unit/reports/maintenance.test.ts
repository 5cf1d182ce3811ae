/** What a report says of compaction and expiry beside the stream. */
import { expect, it } from "vitest";
import type { JournalBody, JournalReader } from "../../../core/contracts/journal.ts";
import { faultWindows } from "../../../core/timeline.ts";
import { maintenanceFacts } from "../../../reports/maintenance.ts";
import { smokeJournal } from "../../fixtures/journals.ts";

type Done = Omit<Extract<JournalBody, { kind: "lake.maintained" }>, "kind">;

const journal = smokeJournal();
const [window] = faultWindows(journal);
if (window === undefined) throw new Error("the smoke journal has a fault");

/** The smoke journal as that of a topology with maintenance, of which this was seen. */
function journalWith(...done: readonly (Done & { readonly atMs: number })[]): JournalReader {
  const { plan } = journal;
  const service = {
    component: "lake-maintenance",
    zone: "ops",
    replicaCount: 1,
    memoryMiB: 180,
  } as const;
  const services = { ...plan.topology.services, "lake-maintenance": service };
  const own = done.map((one) => ({ kind: "lake.maintained" as const, ...one }));
  return {
    ...journal,
    plan: { ...plan, topology: { ...plan.topology, services } },
    of: (kind) => (kind === "lake.maintained" ? (own as never) : journal.of(kind)),
  };
}

const optimize = { table: "users", operation: "optimize", runCount: 1, durationMs: 3000 } as const;

it("nothing where the topology has none", () => {
  expect(maintenanceFacts(journal)).toBeUndefined();
});

it("that none ended, where none did", () => {
  expect(maintenanceFacts(journalWith())).toEqual({
    text: "No compaction or expiry ended while this run was loaded.",
    table: undefined,
  });
});

it("how many met a commit of the stream, and how many ran during faults", () => {
  const facts = maintenanceFacts(
    journalWith(
      { ...optimize, atMs: 5_000, outcome: "ok", beforeFileCount: 31, afterFileCount: 2 },
      { ...optimize, atMs: window.fromMs + 1000, outcome: "conflict", durationMs: 5000 },
      // Ended after the recovery, begun before it.
      { ...optimize, atMs: window.toMs + 2000, outcome: "refused" },
      {
        ...optimize,
        operation: "expire_snapshots",
        atMs: 6_000,
        outcome: "skipped",
        durationMs: 0,
      },
    ),
  );
  expect(facts?.text).toBe(
    "3 statements beside the stream: 1 (33.3 %) met one of its commits, 1 (33.3 %) failed otherwise; " +
      "2 of them ran while a fault was in force.",
  );
  expect(facts?.table?.rows).toEqual([
    ["optimize of users", "1", "1", "1", "0", "0", "3.7 s", "31 → 2", "2"],
    ["expire_snapshots of users", "0", "0", "0", "0", "1", "–", "–", "0"],
  ]);
});
