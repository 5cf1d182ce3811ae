/** Every topology by name. */
import type { Topology } from "../../core/contracts/topology.ts";
import { broker } from "./broker.ts";
import { dev } from "./dev.ts";
import { mini } from "./mini.ts";
import { miniVolumes } from "./mini-volumes.ts";
import { production } from "./production.ts";

export { broker, dev, mini, miniVolumes, production };
export const TOPOLOGIES = {
  broker,
  dev,
  mini,
  "mini-volumes": miniVolumes,
  production,
} satisfies Record<string, Topology>;
