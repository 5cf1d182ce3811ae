/** The gallery: configurations that must turn a run red, each with its twin. A new one is one file and one line here. */
import { acksOne } from "./acks-1.ts";
import { asyncStandby } from "./async-standby.ts";
import { minIsrOne } from "./min-isr-1.ts";
import { offsetUnchecked } from "./offset-unchecked.ts";
import type { Pair } from "./pair.ts";
import { slotWithoutFailover } from "./slot-without-failover.ts";
import { uncleanElection } from "./unclean-election.ts";
import { upsertWithoutKeys } from "./upsert-without-keys.ts";

export const GALLERY: readonly Pair[] = [
  upsertWithoutKeys,
  asyncStandby,
  acksOne,
  slotWithoutFailover,
  uncleanElection,
  minIsrOne,
  offsetUnchecked,
];
