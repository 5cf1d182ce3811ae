/** Groups, summary and text of the report, and what a check that fails itself comes to. */
import { describe, expect, it, test } from "vitest";
import type { ComponentContext, Instance } from "../../../../core/contracts/component.ts";
import { LakeproofError } from "../../../../core/errors.ts";
import { COMPONENTS } from "../../../../infra/components/index.ts";
import type { LabState } from "../../../../infra/drivers/lab.ts";
import { processFacts } from "../../../../infra/drivers/processes.ts";
import {
  graded,
  worstOf,
  type HealthCheck,
  type HealthStatus,
} from "../../../../infra/health/finding.ts";
import { HEALTH_CHECKS } from "../../../../infra/health/index.ts";
import {
  groupOf,
  HEALTH_GROUPS,
  healthReport,
  healthText,
} from "../../../../infra/health/report.ts";
import {
  boundedCheck,
  checkHealth,
  instanceRow,
  type HealthRow,
} from "../../../../infra/health/run.ts";
import { planLab } from "../../../../infra/lab-plan.ts";

function rowOf(component: string, check: string, status: HealthStatus): HealthRow {
  return {
    ...{ service: component, component, check, status },
    ...{ observed: "3 of 5", expected: "5 of 5", hint: "Start them." },
  };
}

const ROWS = [
  rowOf("kafka", "brokers", "ok"),
  rowOf("kafka", "controller", "bad"),
  rowOf("patroni", "leader", "warn"),
  rowOf("redis", "slots", "ok"),
];
const FACTS = { lab: "mini-1", topology: "mini", elapsedMs: 23_440 };

describe("the report", () => {
  it("groups by the seed's services, worst first, others last", () => {
    const { groups } = healthReport({ ...FACTS, rows: ROWS });
    expect(groups.map(({ name, status }) => [name, status])).toEqual([
      ["postgres", "warn"],
      ["kafka", "bad"],
      ["others", "ok"],
    ]);
    expect(groups[1]?.checks.map(({ check }) => check)).toEqual(["controller", "brokers"]);
  });

  it("ends with one line for all", () => {
    const unhealthy = healthReport({ ...FACTS, rows: ROWS });
    expect(unhealthy.summary).toBe("UNHEALTHY: 4 checks, 1 bad, 1 warning (23.4 s)");
    expect(unhealthy).toMatchObject({ status: "unhealthy", counts: { bad: 1, warn: 1, ok: 2 } });
    const healthy = healthReport({ ...FACTS, rows: ROWS.slice(2) });
    expect(healthy.summary).toBe("HEALTHY: 2 checks, 0 bad, 1 warning (23.4 s)");
  });

  it("prints what to do for what is not well, and only for that", () => {
    const text = healthText(healthReport({ ...FACTS, rows: ROWS.slice(0, 2) }));
    expect(text.split("\n")).toEqual([
      "mini-1 (mini)",
      "",
      "kafka",
      "  BAD   kafka: controller  3 of 5",
      "        expected: 5 of 5",
      "        do: Start them.",
      "  ok    kafka: brokers     3 of 5",
      "",
      "UNHEALTHY: 2 checks, 1 bad, 0 warnings (23.4 s)",
      "",
    ]);
  });
});

describe("the table", () => {
  it("has each kind of component", () => {
    expect(Object.keys(COMPONENTS).filter((kind) => !(kind in HEALTH_CHECKS))).toEqual([]);
  });

  it("has every kind that a group names", () => {
    const grouped = Object.values(HEALTH_GROUPS).flat();
    expect(grouped.filter((kind) => !(kind in HEALTH_CHECKS))).toEqual([]);
    expect(groupOf("debezium")).toBe("others");
  });
});

test("a figure that is no number is bad", () => {
  expect(graded(Number.NaN, { warnAbove: 1, badAbove: 2 })).toBe("bad");
  expect(worstOf(["ok", "warn", "ok"])).toBe("warn");
  expect(worstOf([])).toBe("ok");
});

describe("a check that fails itself", () => {
  const context = {} as ComponentContext;
  const signal = new AbortController().signal;
  const failing = (error: Error): HealthCheck =>
    boundedCheck("drives", () => Promise.reject(error));

  it("is bad, with the reason and the error's own hint", async () => {
    const error = new LakeproofError("CLIENT_FAILED", "no leader", { hint: "Wait." });
    expect(await failing(error)(context, [], signal)).toMatchObject([
      {
        check: "drives",
        status: "bad",
        observed: "it could not be asked: no leader",
        hint: "Wait.",
      },
    ]);
  });

  it("tells each reason once where several were asked", async () => {
    const errors = [new Error("refused"), new Error("refused"), new Error("timed out")];
    const [finding] = await failing(new AggregateError(errors, "All promises were rejected"))(
      context,
      [],
      signal,
    );
    expect(finding?.observed).toBe("it could not be asked: refused; timed out");
  });

  it("does not outlive its time", async () => {
    const stop = new AbortController();
    const never: HealthCheck = () => new Promise(() => undefined);
    const asked = boundedCheck("drives", never)(context, [], stop.signal);
    stop.abort(new DOMException("the time is up", "TimeoutError"));
    expect(await asked).toMatchObject([{ observed: "it could not be asked: the time is up" }]);
  });
});

/** One process, and nobody on its port. */
const SHAPE = {
  name: "dev",
  topicPartitionCount: 1,
  services: {
    link: {
      component: "toxiproxy",
      zone: "processing",
      replicaCount: 2,
      memoryMiB: 1,
      config: { upstream: "link" },
    },
  },
} as const;

const STATE: LabState = {
  ...{ schema: "lakeproof.lab/1", id: "dev-test", topology: "dev", subnet: "127.99.99" },
  ...{ isolation: "loopback", held: true, state: "up", secret: "s", logsDir: "/logs" },
  ...{ owner: { pid: 1, startTicks: "0" }, createdAtEpochMs: 0, instances: {}, endpoints: {} },
};

function instanceAt(ordinal: number, startTicks: string): Instance {
  const spec = planLab(SHAPE, STATE, {}).specs[ordinal];
  if (spec === undefined) throw new Error("no such instance");
  const logPath = `/logs/${spec.id}.log`;
  return { spec, pid: process.pid, startTicks, startedAtEpochMs: 0, readyMs: 0, logPath };
}

describe("an instance", () => {
  const own = instanceAt(0, "0");

  test.for([
    [true, { ok: true, elapsedMs: 12, reason: "" }, "ok"],
    [true, { ok: true, elapsedMs: 9000, reason: "" }, "warn"],
    [true, { ok: false, elapsedMs: 20_000, reason: "No answer" }, "bad"],
    [false, { ok: false, elapsedMs: 0, reason: "dead" }, "bad"],
  ] as const)("that is alive: %s, and answered %j is %s", ([living, outcome, status]) => {
    expect(instanceRow(own, living, outcome).status).toBe(status);
  });

  it("that was never started, is gone, or is silent is bad", async () => {
    const alive = processFacts(process.pid)?.startTicks ?? "";
    const [silent, gone] = [instanceAt(0, alive), instanceAt(1, "1")];
    const signal = new AbortController().signal;
    const rowsOf = (instances: LabState["instances"]): Promise<readonly HealthRow[]> =>
      checkHealth({ topology: SHAPE, state: { ...STATE, instances }, signal });
    expect((await rowsOf({})).map(({ observed }) => observed)).toEqual([
      "it was never started",
      "it was never started",
    ]);
    const rows = await rowsOf({ [silent.spec.id]: silent, [gone.spec.id]: gone });
    expect(rows.map(({ status }) => status)).toEqual(["bad", "bad"]);
    expect(rows[0]?.observed).toMatch(/is alive, its probe no good answer in \d/);
    expect(rows[1]?.observed).toBe(`process ${String(process.pid)} is gone`);
  });
});
