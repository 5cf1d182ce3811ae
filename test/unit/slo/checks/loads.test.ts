/** Verdicts on answers, users and the user's own script, each also with a defect planted. */
import { describe, expect, it } from "vitest";
import type { EventOf, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { Verdict } from "../../../../core/contracts/slo.ts";
import { CHECKS, type CheckName } from "../../../../slo/checks/index.ts";
import { healthyEvents, journalOf } from "../../../../slo/checks/synthetic.ts";

type Edit = (event: JournalEvent) => readonly JournalEvent[];

function verdict(
  check: CheckName,
  id: string,
  edit: Edit = (event) => [event],
): Verdict | undefined {
  const journal = journalOf(healthyEvents().flatMap(edit));
  return CHECKS[check].judge(journal).find((one) => one.id === id);
}

describe("query-digests", () => {
  const judged = (edit?: Edit): Verdict | undefined =>
    verdict("query-digests", "integrity.query-digests", edit);

  it("counts what was compared, by class", () => {
    expect(judged()).toMatchObject({ status: "PROVEN", claimed: true });
    expect(judged()?.because).toContain("All 4 answers");
  });

  it("names class, buckets and cell of a wrong answer, and asks for the gravest code", () => {
    const wrong = judged((event) =>
      event.kind === "query.digest" && event.class === "medium"
        ? [{ ...event, observed: event.observed.replace("15000:2", "14999:2") }]
        : [event],
    );
    expect(wrong).toMatchObject({ status: "VIOLATED", exitCode: 13 });
    expect(wrong?.because).toContain(
      "medium over buckets 0 to 0: 1/0 is 14999:2000000014, not 15000:2000000014",
    );
  });

  it("calls a row that is gone, and one that should not be, by their names", () => {
    const gone = judged((event) =>
      event.kind === "query.digest"
        ? [{ ...event, observed: "0/0=15000:1000000007 9/9=1:1" }]
        : [event],
    );
    expect(gone?.because).toContain("1/0 is not there");
    expect(gone?.because).toContain("and 1 more");
  });

  it("takes two empty answers for no evidence", () => {
    const empty = judged((event) =>
      event.kind === "query.digest" ? [{ ...event, expected: "", observed: "" }] : [event],
    );
    expect(empty).toMatchObject({ status: "INCONCLUSIVE", claimed: false });
  });

  it("says nothing of a plan that asked for no comparison", () => {
    const old = (event: JournalEvent): readonly JournalEvent[] =>
      event.kind === "run.started"
        ? [
            {
              ...event,
              plan: {
                ...event.plan,
                queries: event.plan.queries.map(({ name, ratePerS, targetMs }) => ({
                  name,
                  ratePerS,
                  targetMs,
                })),
              },
            },
          ]
        : [event];
    expect(judged(old)).toBeUndefined();
  });
});

describe("own-script", () => {
  const judged = (change: Partial<EventOf<"script.ended">>): Verdict | undefined =>
    verdict("own-script", "objective.own-script", (event) =>
      event.kind === "script.ended" ? [{ ...event, ...change }] : [event],
    );
  const failing = [{ name: "is 200", scenario: "default", passed: 499, failed: 1 }];

  it("follows the thresholds where there are any", () => {
    expect(judged({})).toMatchObject({ status: "PROVEN" });
    expect(judged({ checks: failing })).toMatchObject({ status: "PROVEN" });
    const thresholds = [{ metric: "http_reqs", expression: "rate>9", ok: false }];
    expect(judged({ exitCode: 99, thresholds })).toMatchObject({
      status: "VIOLATED",
      exitCode: 10,
    });
  });

  it("follows the checks where there are none, and judges nothing where there is neither", () => {
    expect(judged({ thresholds: [], checks: failing })).toMatchObject({ status: "VIOLATED" });
    expect(judged({ thresholds: [] })).toMatchObject({ status: "PROVEN" });
    expect(judged({ thresholds: [], checks: [] })).toMatchObject({
      status: "INCONCLUSIVE",
      claimed: false,
    });
  });

  it("is INVALID where the script itself broke or did nothing", () => {
    expect(judged({ exitCode: 107 })).toMatchObject({ status: "INVALID" });
    expect(judged({ iterations: 0 })).toMatchObject({ status: "INVALID" });
  });

  it("is open where the run stopped before the script did", () => {
    const never = verdict("own-script", "objective.own-script", (event) =>
      event.kind === "script.ended" ? [] : [event],
    );
    expect(never).toMatchObject({ status: "INCONCLUSIVE" });
  });
});

describe("users.concurrent", () => {
  const judged = (edit?: Edit): Verdict | undefined =>
    verdict("objectives", "objective.users.concurrent", edit);

  it("is proven by a thousand users who are there and answered", () => {
    expect(judged()).toMatchObject({ status: "PROVEN", observed: { value: 1_000, unit: "count" } });
  });

  it("is INVALID when they never came", () => {
    const away = judged((event) =>
      event.kind === "sample.taken" && event.probe === "users.concurrent"
        ? [{ ...event, observed: { value: 999, unit: "count" } }]
        : [event],
    );
    expect(away).toMatchObject({ status: "INVALID" });
  });

  it("is VIOLATED when too few of their actions are answered", () => {
    const unanswered = judged((event) =>
      event.kind === "load.window" && event.workload === "users"
        ? [{ ...event, ok: 49, failed: 1 }]
        : [event],
    );
    expect(unanswered).toMatchObject({ status: "VIOLATED" });
  });
});

describe("rates through the BI tier", () => {
  it("are held at ten a second, of 8.3 asked for", () => {
    expect(verdict("objectives", "objective.rate.refreshes")).toMatchObject({ status: "PROVEN" });
  });

  it("are not held when one in ten fails", () => {
    const failing = verdict("objectives", "objective.rate.refreshes", (event) =>
      event.kind === "load.window" && event.workload === "dashboards"
        ? [{ ...event, ok: 45, failed: 5 }]
        : [event],
    );
    expect(failing).toMatchObject({ status: "VIOLATED" });
  });
});
