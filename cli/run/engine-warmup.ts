/**
 * Warms the query engine one statement at a time. A cold JVM interprets: with several queries at once on
 * two cores its compiler threads starve, and it stays cold for minutes.
 */
import type { Plan } from "../../core/contracts/plan.ts";
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { chooser, statementOf } from "../../generators/k6/mix.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";
import { bucketTotals, controlRows } from "../../slo/probes/reader.ts";
import type { Session } from "./session.ts";

const ROUNDS_MAX = 6;
const QUERY_MS_MAX = 60_000;
/** A round that is at most this much quicker than the one before brings nothing more. */
const GAIN_MIN = 0.15;

/** Runs every class and the reader's own statements until a round is no longer much quicker, or time is up. */
export async function warmEngine(
  session: Session,
  trino: TrinoClient,
  limitMs: number,
): Promise<void> {
  const { journal, plan, signal } = session;
  const deadlineMs = journal.nowMs() + limitMs;
  let lastMs = Infinity;
  for (let round = 0; round < ROUNDS_MAX && journal.nowMs() < deadlineMs; round += 1) {
    const startMs = journal.nowMs();
    for (const run of statements(plan, round)) {
      const deadline = host.deadline(QUERY_MS_MAX, signal);
      try {
        await run(trino, deadline);
      } catch (error) {
        signal.throwIfAborted();
        journal.append({ kind: "note", text: `A warm-up query failed: ${reasonOf(error)}` });
      }
      if (journal.nowMs() >= deadlineMs) return;
    }
    const roundMs = journal.nowMs() - startMs;
    if (roundMs > lastMs * (1 - GAIN_MIN)) return;
    lastMs = roundMs;
  }
}

type Statement = (trino: TrinoClient, signal: AbortSignal) => Promise<unknown>;

function statements(plan: Plan, round: number): readonly Statement[] {
  const mix = plan.queries.map(
    ({ name }): Statement =>
      (trino, signal) =>
        trino.query(statementOf(name, chooser(plan.seed, name, round), plan.bank), signal),
  );
  return [
    ...mix,
    (trino, signal) => controlRows(trino, 0, signal),
    (trino, signal) => bucketTotals(trino, 0, 0, signal),
  ];
}
