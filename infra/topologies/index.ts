/** Every topology by name. */
import type { Topology } from "../../core/contracts/topology.ts";
import { dev } from "./dev.ts";

export { dev };
export const TOPOLOGIES = { dev } satisfies Record<string, Topology>;
