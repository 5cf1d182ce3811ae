/** Every scenario by name. A new one is one file and one line here. */
import type { Scenario } from "../core/contracts/scenario.ts";
import { maintenance } from "./maintenance.ts";
import { mini } from "./mini.ts";
import { mixed } from "./mixed.ts";
import { production } from "./production.ts";
import { smoke } from "./smoke.ts";
import { users } from "./users.ts";

export const SCENARIOS = { smoke, mini, maintenance, production, mixed, users } satisfies Record<
  string,
  Scenario
>;
