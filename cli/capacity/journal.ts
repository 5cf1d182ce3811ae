/** capacity.ndjson: one line a step, flushed as it happens, so that a search can go on where it was stopped. */
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CapacityJournalLine, CapacityStep } from "../../core/contracts/capacity.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";

export const JOURNAL_FILE = "capacity.ndjson";
type Started = Extract<CapacityJournalLine, { readonly kind: "capacity.started" }>;

export interface CapacityHistory {
  readonly started: Started;
  readonly steps: readonly CapacityStep[];
}

export function appendLine(runDir: string, line: CapacityJournalLine): void {
  mkdirSync(runDir, { recursive: true });
  appendFileSync(join(runDir, JOURNAL_FILE), `${JSON.stringify(line)}\n`);
}

/** Everything up to the first line that is cut off. Throws RUN_NOT_FOUND and JOURNAL_INVALID. */
export function readHistory(runDir: string): CapacityHistory {
  const path = join(runDir, JOURNAL_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new LakeproofError(
      "RUN_NOT_FOUND",
      `No capacity journal at ${path}: ${reasonOf(cause)}.`,
      {
        hint: "Name the directory that `lakeproof capacity` printed.",
        cause,
      },
    );
  }
  const lines = wholeLines(text);
  const started = lines.find((line) => line.kind === "capacity.started");
  if (started === undefined || (started.schema as string) !== "lakeproof.capacity-journal/1") {
    throw new LakeproofError("JOURNAL_INVALID", `${path} does not begin as a capacity journal.`, {
      hint: "Begin a new search: `lakeproof capacity`.",
    });
  }
  return { started, steps: lines.filter((line) => line.kind === "capacity.step") };
}

function wholeLines(text: string): readonly CapacityJournalLine[] {
  const lines: CapacityJournalLine[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      lines.push(JSON.parse(line) as CapacityJournalLine);
    } catch {
      break;
    }
  }
  return lines;
}
