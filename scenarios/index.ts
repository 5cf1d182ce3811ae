/** Every scenario by name. A new one is one file and one line here. */
import type { Scenario } from "../core/contracts/scenario.ts";
import { databaseDrill } from "./drills/database.ts";
import { lakeDrill } from "./drills/lake.ts";
import { networkDrill } from "./drills/network.ts";
import { streamingDrill } from "./drills/streaming.ts";
import { mini } from "./mini.ts";
import { mixed } from "./mixed.ts";
import { production } from "./production.ts";
import { smoke } from "./smoke.ts";
import { users } from "./users.ts";

export const SCENARIOS = {
  smoke,
  mini,
  production,
  mixed,
  users,
  "drills/database": databaseDrill,
  "drills/streaming": streamingDrill,
  "drills/lake": lakeDrill,
  "drills/network": networkDrill,
} satisfies Record<string, Scenario>;
