/** Every scenario by name. A new one is one file and one line here, or in known-bad/index.ts. */
import type { CapacityScenario } from "../core/contracts/capacity.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import { certification, certificationRehearsal } from "./certification.ts";
import { control } from "./control.ts";
import { delivery } from "./delivery.ts";
import { businessDrill } from "./drills/business.ts";
import { databaseDrill } from "./drills/database.ts";
import { deliveryDrill } from "./drills/delivery.ts";
import { lakeDrill } from "./drills/lake.ts";
import { maintenanceDrill } from "./drills/maintenance.ts";
import { networkDrill } from "./drills/network.ts";
import { streamingDrill } from "./drills/streaming.ts";
import { pairsDrill } from "./drills/pairs.ts";
import { availabilityZoneLoss } from "./game-day/availability-zone-loss.ts";
import { twoPrimaries } from "./findings/two-primaries.ts";
import { unreadySlot } from "./findings/unready-slot.ts";
import { brokerAndWorker } from "./game-day/broker-and-worker.ts";
import { coordinatorDuringReports } from "./game-day/coordinator-during-reports.ts";
import { freePlay } from "./game-day/free-play.ts";
import { primaryLossAtPeak } from "./game-day/primary-loss-at-peak.ts";
import { storagePastParity } from "./game-day/storage-past-parity.ts";
import { zoneLoss } from "./game-day/zone-loss.ts";
import { GALLERY } from "./known-bad/index.ts";
import { mini } from "./mini.ts";
import { mixed } from "./mixed.ts";
import { nightlyCapacity } from "./nightly-capacity.ts";
import { production } from "./production.ts";
import { queries } from "./queries.ts";
import { slotLoss } from "./slot-loss.ts";
import { smoke } from "./smoke.ts";
import { users } from "./users.ts";
import { walFull } from "./wal-full.ts";

const OWN = {
  smoke,
  control,
  mini,
  production,
  certification,
  "certification-rehearsal": certificationRehearsal,
  mixed,
  users,
  queries,
  "drills/database": databaseDrill,
  "drills/streaming": streamingDrill,
  "drills/delivery": deliveryDrill,
  "drills/lake": lakeDrill,
  "drills/network": networkDrill,
  "drills/business": businessDrill,
  "drills/maintenance": maintenanceDrill,
  "drills/pairs": pairsDrill,
  "game-day/primary-loss-at-peak": primaryLossAtPeak,
  "game-day/broker-and-worker": brokerAndWorker,
  "game-day/coordinator-during-reports": coordinatorDuringReports,
  "game-day/zone-loss": zoneLoss,
  "game-day/availability-zone-loss": availabilityZoneLoss,
  "game-day/storage-past-parity": storagePastParity,
  "game-day/free-play": freePlay,
  "findings/two-primaries": twoPrimaries,
  "findings/unready-slot": unreadySlot,
  delivery,
  "slot-loss": slotLoss,
  "wal-full": walFull,
} satisfies Record<string, Scenario>;

const PAIRED: Readonly<Record<string, Scenario>> = Object.fromEntries(
  GALLERY.flatMap(({ bad, healthy }) => [bad, healthy]).map((one) => [one.name, one]),
);

export const SCENARIOS: typeof OWN & Readonly<Record<string, Scenario>> = { ...OWN, ...PAIRED };

/** Those that search for a limit instead of holding one load. `run` takes their names as well. */
export const CAPACITY_SCENARIOS = { "nightly-capacity": nightlyCapacity } satisfies Record<
  string,
  CapacityScenario
>;
