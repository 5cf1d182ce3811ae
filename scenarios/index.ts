/** Every scenario by name. A new one is one file and one line here, or in known-bad/index.ts. */
import type { Scenario } from "../core/contracts/scenario.ts";
import { GALLERY } from "./known-bad/index.ts";
import { mini } from "./mini.ts";
import { mixed } from "./mixed.ts";
import { production } from "./production.ts";
import { smoke } from "./smoke.ts";
import { users } from "./users.ts";

const OWN = { smoke, mini, production, mixed, users } satisfies Record<string, Scenario>;

const PAIRED: Readonly<Record<string, Scenario>> = Object.fromEntries(
  GALLERY.flatMap(({ bad, healthy }) => [bad, healthy]).map((one) => [one.name, one]),
);

export const SCENARIOS: typeof OWN & Readonly<Record<string, Scenario>> = { ...OWN, ...PAIRED };
