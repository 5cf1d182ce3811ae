/** Every topology by name. */
import type { Topology } from "../../core/contracts/topology.ts";
import { dev } from "./dev.ts";
import { mini } from "./mini.ts";
import { production } from "./production.ts";

export { dev, mini, production };
export const TOPOLOGIES = { dev, mini, production } satisfies Record<string, Topology>;
