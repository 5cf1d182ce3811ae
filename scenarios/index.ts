/** Every scenario by name. A new one is one file and one line here. */
import type { Scenario } from "../core/contracts/scenario.ts";
import { mini } from "./mini.ts";
import { mixed } from "./mixed.ts";
import { production } from "./production.ts";
import { slotLoss } from "./slot-loss.ts";
import { smoke } from "./smoke.ts";
import { users } from "./users.ts";
import { walFull } from "./wal-full.ts";

export const SCENARIOS = {
  smoke,
  mini,
  production,
  mixed,
  users,
  "slot-loss": slotLoss,
  "wal-full": walFull,
} satisfies Record<string, Scenario>;
