/** Every topology by name. */
import type { Topology } from "../../core/contracts/topology.ts";
import { broker } from "./broker.ts";
import { dev } from "./dev.ts";
import { mini } from "./mini.ts";
import { production } from "./production.ts";

export { broker, dev, mini, production };
export const TOPOLOGIES = { broker, dev, mini, production } satisfies Record<string, Topology>;
