/** `lakeproof objectives`: the targets as data, from the seed or from an OpenSLO file, to read or as OpenSLO. */
import { readFileSync } from "node:fs";
import type { Objective } from "../core/contracts/slo.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { OBJECTIVES } from "../slo/objectives/index.ts";
import { openSloOf } from "../slo/objectives/openslo-export.ts";
import {
  objectivesFromOpenSlo,
  type ImportedObjectives,
} from "../slo/objectives/openslo-import.ts";
import { seedLinesOf } from "../slo/objectives/seed-targets.ts";

export interface ObjectivesOptions {
  /** An OpenSLO file to read instead of the seed's objectives. */
  readonly file: string | undefined;
  readonly openslo: boolean;
  readonly json: boolean;
}

const SEEDED: readonly Objective[] = Object.values(OBJECTIVES);

export function objectives({ file, openslo, json }: ObjectivesOptions): number {
  const {
    objectives: listed,
    claims,
    notes,
  } = file === undefined ? { objectives: SEEDED, claims: [], notes: [] } : readObjectives(file);
  for (const note of notes) host.err(`${note}\n`);
  if (openslo) {
    const { text, leftOut } = openSloOf(listed, claims);
    host.out(text);
    if (leftOut.length > 0) {
      host.err(`Left out, because nothing measures them: ${leftOut.join(", ")}.\n`);
    }
  } else if (json) {
    const rows = listed.map((objective) => ({
      ...objective,
      seedLines: seedLinesOf(objective.id),
    }));
    host.out(`${JSON.stringify({ schema: "lakeproof.objective-table/1", objectives: rows })}\n`);
  } else {
    host.out(listed.map(lineOf).join(""));
  }
  return 0;
}

function lineOf(objective: Objective): string {
  const { id, title, sli, badRatioMax, window } = objective;
  const lines = seedLinesOf(id);
  const seed = lines.length === 0 ? "" : `line ${lines.join(", ")}`;
  const share =
    sli.kind === "informational" || sli.kind === "unmeasured" || badRatioMax === 0
      ? sli.kind
      : `${String(Number((badRatioMax * 100).toPrecision(3)))} % bad, ${window}`;
  return `${id.padEnd(24)} ${share.padEnd(20)} ${seed.padEnd(14)} ${title}\n`;
}

/** Throws a LakeproofError that lists every problem of the file. */
export function readObjectives(file: string): ImportedObjectives {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new LakeproofError(
      "USAGE",
      `The objectives in ${file} cannot be read: ${reasonOf(error)}`,
      {
        hint: "Name an OpenSLO v1 file; `lakeproof objectives --openslo` prints one.",
      },
    );
  }
  return objectivesFromOpenSlo(text, { file, workloads: WORKLOADS });
}

/** Whatever load our own objectives are about is there to be asked about. */
const WORKLOADS: readonly string[] = [
  ...new Set(SEEDED.flatMap(({ sli }) => ("workload" in sli ? [sli.workload] : []))),
];

/** The seed's objectives, those of the same id replaced and others added. */
export function withImported(imported: readonly Objective[]): readonly Objective[] {
  const byId = new Map(SEEDED.map((objective) => [objective.id, objective]));
  for (const objective of imported) byId.set(objective.id, objective);
  return [...byId.values()];
}
