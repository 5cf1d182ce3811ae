/** What a topology sets up through an API once its processes run: topics, connectors, Flink statements. */
import type { ComponentContext } from "../../core/contracts/component.ts";
import type { Topology } from "../../core/contracts/topology.ts";
import { connectorConfig } from "../components/debezium.ts";
import { topicsOf } from "../components/kafka.ts";
import { maintenanceStatements } from "../components/lake-maintenance.ts";
import { lakeStatements } from "../components/lakehouse.ts";
import type { LabPlan } from "../lab-plan.ts";
import { NOTHING_DECLARED, type Declared } from "./collect.ts";

/** By component. */
const DECLARATIONS: Readonly<Record<string, (context: ComponentContext) => Partial<Declared>>> = {
  kafka: (context) => ({ topics: topicsOf(context) }),
  lakehouse: (context) => ({ flinkSql: lakeStatements(context) }),
  "lake-maintenance": (context) => ({ flinkSql: maintenanceStatements(context) }),
  debezium: (context) => ({ connectors: [connectorConfig(context)] }),
};

export function declaredBy(topology: Pick<Topology, "services">, plan: LabPlan): Declared {
  const parts = Object.entries(topology.services).map(([service, { component }]) =>
    DECLARATIONS[component]?.(plan.contextOf(service)),
  );
  return {
    connectors: parts.flatMap((part) => part?.connectors ?? NOTHING_DECLARED.connectors),
    topics: parts.flatMap((part) => part?.topics ?? NOTHING_DECLARED.topics),
    flinkSql: parts.flatMap((part) => part?.flinkSql ?? NOTHING_DECLARED.flinkSql),
  };
}
