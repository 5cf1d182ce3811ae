/** Every scenario by name. A new one is one file and one line here. */
import type { Scenario } from "../core/contracts/scenario.ts";
import { mini } from "./mini.ts";
import { production } from "./production.ts";
import { smoke } from "./smoke.ts";

export const SCENARIOS = { smoke, mini, production } satisfies Record<string, Scenario>;
