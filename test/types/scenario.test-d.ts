/** A scenario with a misspelt service, fault or query class does not compile. */
import { expectTypeOf, test } from "vitest";
import type { CompositionName, FaultName } from "../../chaos/index.ts";
import type { ScenarioFault } from "../../core/contracts/scenario.ts";
import { dev } from "../../infra/topologies/index.ts";
import { defineScenario } from "../../scenarios/define.ts";
import { smoke } from "../../scenarios/smoke.ts";

const kill = { fault: "process-kill", service: "kafka", holdMs: 5_000 } as const;

test("a scenario knows the services of its topology and the faults of the table", () => {
  defineScenario({ ...smoke, topology: dev, faults: [kill] });
  type Given = Parameters<typeof defineScenario<typeof dev.services>>[0]["faults"][number];
  type Names = FaultName | CompositionName;
  expectTypeOf<Given>().toEqualTypeOf<ScenarioFault<typeof dev.services, Names>>();
});

test("a misspelt service does not compile", () => {
  // @ts-expect-error There is no service "kafak".
  defineScenario({ ...smoke, topology: dev, faults: [{ ...kill, service: "kafak" }] });
});

test("a misspelt fault does not compile", () => {
  // @ts-expect-error There is no fault "process-kil".
  defineScenario({ ...smoke, topology: dev, faults: [{ ...kill, fault: "process-kil" }] });
});

test("a fault without its duration does not compile", () => {
  // @ts-expect-error holdMs is missing.
  defineScenario({ ...smoke, faults: [{ fault: "process-kill", service: "kafka" }] });
});

test("a query class that the specification lacks does not compile", () => {
  // @ts-expect-error There is no query class "tiny".
  defineScenario({ ...smoke, queries: [{ name: "tiny", ratePerS: 1, targetMs: 10 }] });
});
