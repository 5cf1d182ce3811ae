/** The query mix against Trino, with answers over settled data compared with the books. */
import { join } from "node:path";
import { host } from "../../core/host.ts";
import { openWindows, type WorkloadWindows } from "../../core/windows.ts";
import type { Outcome } from "../../core/contracts/values.ts";
import type { QueryClassName, QueryClassPlan } from "../../core/contracts/plan.ts";
import type { DigestConfig } from "../../generators/k6/digest.ts";
import { QUERY_CLASSES, type QueryRunConfig } from "../../generators/k6/mix.ts";
import { MIXED_TURNS } from "../../core/bi-load.ts";
import { K6_DURATION_S_MAX, startK6Load, type EndedSample, type RunningLoad } from "./k6-load.ts";
import { expectedDigest, type Books } from "./books.ts";
import { startShapeOf, workerCountOf } from "./query-starts.ts";
import type { Session } from "./session.ts";

export function startQueryLoad(session: Session, books: Books): RunningLoad {
  const { plan } = session;
  const windows = new Map<QueryClassName, WorkloadWindows>(
    plan.queries.map((query) => [query.name, openWindows("queries", query.name, query.targetMs)]),
  );
  return startK6Load(session, {
    name: "k6",
    script: join(host.packageDir, "generators", "k6", "queries.ts"),
    windows,
    judge: (sample, intendedMs) => judged(session, books, sample, intendedMs),
    env: {
      LAKEPROOF_QUERIES: JSON.stringify({
        trinoUrl: `http://${session.lab.endpoints.address("trino")}`,
        seed: plan.seed,
        durationS: K6_DURATION_S_MAX,
        classes: plan.queries.map(classOf),
        laneCount: plan.bank.laneCount,
        userCountPerLane: plan.bank.userCountPerLane,
        maxVUsPerClass: Math.max(...plan.queries.map(workerCountOf)),
        digest: digestConfig(session, books),
        ...(plan.mixed === undefined
          ? {}
          : { mixed: { blockMs: plan.mixed.blockMs, turns: MIXED_TURNS } }),
      }),
    },
  });
}

function classOf(query: QueryClassPlan): QueryRunConfig["classes"][number] {
  const { name, ratePerS, arrivals } = query;
  const starts = startShapeOf(arrivals);
  const vuCount = workerCountOf(query);
  return { name, ratePerS, vuCount, ...(starts === undefined ? {} : { starts }) };
}

function digestConfig({ plan }: Session, books: Books): DigestConfig {
  const { bucketMs, laneCount, rateEventsPerS } = plan.bank;
  return {
    everyByClass: Object.fromEntries(
      plan.queries.map(({ name, digestEvery }) => [name, digestEvery ?? 0]),
    ),
    bucketMs,
    bucketMin: books.bucketMin,
    eventsPerBucket: Math.max(1, (rateEventsPerS * bucketMs) / 1000),
    laneCount,
  };
}

/** An answer over buckets that were whole in the lake before it was asked for must be the books' own. */
function judged(session: Session, books: Books, sample: EndedSample, intendedMs: number): Outcome {
  const { digest } = sample;
  const name = QUERY_CLASSES.find((known) => known === sample.class);
  if (digest === undefined || name === undefined) return "ok";
  const { range, text: observed } = digest;
  const wholeAtMs = books.wholeInLakeAtMs(range.bucketMax);
  if (wholeAtMs === undefined || wholeAtMs > intendedMs) return "ok";
  const expected = expectedDigest(books, name, range);
  session.journal.append({
    kind: "query.digest",
    class: name,
    ...range,
    intendedMs,
    expected,
    observed,
  });
  return expected === observed ? "ok" : "fail";
}
