/** The checks, by name. One more check is one more file and one more line. */
import type { Check } from "../../core/contracts/slo.ts";
import { balanceConstant } from "./balance-constant.ts";
import { generatorHeadroom } from "./generator-headroom.ts";
import { icebergMetadata } from "./iceberg-metadata.ts";
import { journalComplete } from "./journal-complete.ts";
import { lakeState } from "./lake-state.ts";
import { loud } from "./loud.ts";
import { noCorruption } from "./no-corruption.ts";
import { noDuplicate } from "./no-duplicate.ts";
import { noLostChange } from "./no-lost-change.ts";
import { noReorder } from "./no-reorder.ts";
import { objectives } from "./objectives.ts";
import { offeredLoadCheck } from "./offered-load.ts";
import { ownScript } from "./own-script.ts";
import { postgresState } from "./postgres-state.ts";
import { queryDigests } from "./query-digests.ts";
import { readersAgree } from "./readers-agree.ts";
import { recovery } from "./recovery.ts";
import { residue } from "./residue.ts";
import { selftestPassed } from "./selftest-passed.ts";
import { telemetry } from "./telemetry.ts";

/** In the order in which a reader wants to know. */
export const CHECKS = {
  "no-lost-change": noLostChange,
  "no-duplicate": noDuplicate,
  "no-reorder": noReorder,
  "no-corruption": noCorruption,
  "balance-constant": balanceConstant,
  "postgres-state": postgresState,
  "lake-state": lakeState,
  "iceberg-metadata": icebergMetadata,
  "query-digests": queryDigests,
  "readers-agree": readersAgree,
  objectives,
  "own-script": ownScript,
  recovery,
  loud,
  "offered-load": offeredLoadCheck,
  "generator-headroom": generatorHeadroom,
  telemetry,
  "selftest-passed": selftestPassed,
  "journal-complete": journalComplete,
  residue,
} satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;
