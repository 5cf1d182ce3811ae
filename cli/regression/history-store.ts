/**
 * The history on disk: one JSON a run below suite, profile and testbed, named by its own digest. Files appear whole
 * or not at all, are never opened for writing again, and one that was changed is found out when it is read.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import type { Acknowledgement, HistoryEntry } from "../../core/contracts/comparison.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { seriesOf } from "../../slo/regression/history.ts";

export interface HistoryStore {
  /** Throws HISTORY_INVALID when the run is already there with other content. */
  add(entry: HistoryEntry): { readonly path: string; readonly isNew: boolean };
  /** In order of their paths. Throws HISTORY_INVALID with every file that is not as it was written. */
  entries(): readonly HistoryEntry[];
  /** Throws HISTORY_INVALID when the change is acknowledged already. Returns the path. */
  acknowledge(acknowledgement: Acknowledgement): string;
  acknowledgements(): readonly Acknowledgement[];
}

/** Names that become folders and files. */
const Name = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "must be a plain name, without a slash");
const Fields = z.record(z.string(), z.string());
const Finite = z.number();

const Entry = z.strictObject({
  schema: z.literal("lakeproof.history-entry/1"),
  runId: Name,
  startedAtEpochMs: Finite,
  suite: Name,
  profile: Name,
  testbed: Name,
  journalSha256: z.string().regex(/^[0-9a-f]{64}$/),
  testbedFields: Fields,
  configFields: Fields,
  planFields: Fields,
  verdict: z.strictObject({ status: z.string(), exitCode: z.int() }),
  metrics: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      unit: z.enum([
        ...["ms", "bytes", "events", "operations"],
        ...["eventsPerS", "operationsPerS", "ratio", "count"],
      ] as const),
      better: z.enum(["lower", "higher"]),
      value: Finite,
      n: Finite,
    }),
  ),
  unmeasured: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  reruns: z
    .array(
      z.strictObject({
        metricId: z.string(),
        status: z.enum(["confirmed", "refuted", "undecided"]),
        because: z.string(),
      }),
    )
    .exactOptional(),
}) satisfies z.ZodType<HistoryEntry>;

const Acknowledged = z.strictObject({
  schema: z.literal("lakeproof.acknowledgement/1"),
  changeId: Name,
  series: z.string(),
  metricId: z.string(),
  runId: Name,
  direction: z.enum(["worse", "better"]),
  reason: z.string(),
  acknowledgedAtEpochMs: Finite,
}) satisfies z.ZodType<Acknowledgement>;

export function openHistory(root: string): HistoryStore {
  const runsDir = join(resolve(host.cwd, root), "runs");
  const acksDir = join(resolve(host.cwd, root), "acknowledgements");
  return {
    add: (entry) => addEntry(runsDir, entry),
    entries: () => readAll(runsDir, (path, text) => readEntry(runsDir, path, text)),
    acknowledge: (acknowledgement) => {
      const path = join(acksDir, `${acknowledgement.changeId}.json`);
      if (writeOnce(path, textOf(acknowledgement))) return path;
      throw new LakeproofError("HISTORY_INVALID", `${path} is there already.`, {
        hint: "What was said once is never written over; remove the file if it was a mistake.",
      });
    },
    acknowledgements: () => readAll(acksDir, (_, text) => Acknowledged.parse(JSON.parse(text))),
  };
}

function textOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function addEntry(
  runsDir: string,
  entry: HistoryEntry,
): { readonly path: string; readonly isNew: boolean } {
  const checked = Entry.safeParse(entry);
  if (!checked.success) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `Run ${entry.runId} cannot be kept: ${z.prettifyError(checked.error)}`,
      { hint: "Scenario, topology and --suite become folders; give --suite a plain name." },
    );
  }
  const text = textOf(entry);
  const path = join(runsDir, seriesOf(entry), `${entry.runId}.${digestOf(text)}.json`);
  const other = filesBelow(runsDir).find(
    (file) => file !== path && basename(file).replace(/\.[0-9a-f]{12}\.json$/, "") === entry.runId,
  );
  if (other !== undefined) {
    throw new LakeproofError(
      "HISTORY_INVALID",
      `Run ${entry.runId} is kept already, as ${other}.`,
      {
        hint: "A run is kept once, with the figures of that day; its file is never written over.",
      },
    );
  }
  return { path, isNew: writeOnce(path, text) };
}

function readEntry(runsDir: string, path: string, text: string): HistoryEntry {
  const entry = Entry.parse(JSON.parse(text));
  const expected = join(seriesOf(entry), `${entry.runId}.${digestOf(text)}.json`);
  if (relative(runsDir, path) === expected) return entry;
  throw new LakeproofError("HISTORY_INVALID", `it should be ${expected}`, {
    hint: "Its content or its place is not what was written.",
  });
}

function readAll<T>(directory: string, read: (path: string, text: string) => T): readonly T[] {
  const problems: string[] = [];
  const all = filesBelow(directory).flatMap((path) => {
    try {
      return [read(path, readFileSync(path, "utf8"))];
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error);
      problems.push(`${path}: ${reason.replaceAll("\n", " ")}`);
      return [];
    }
  });
  if (problems.length === 0) return all;
  throw new LakeproofError(
    "HISTORY_INVALID",
    `The history is not as it was written:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    {
      hint: "Restore these files from where the store is kept; nothing is concluded from the rest.",
    },
  );
}

/** Other files, such as a README or what a crash left behind, are no entries. */
function filesBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name.endsWith(".json"))
    .map((item) => join(item.parentPath, item.name))
    .sort();
}

/** False when a file of that name is there. Linked into place when it is complete and on the disk. */
function writeOnce(path: string, text: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${host.randomHex(4)}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: "wx", mode: 0o444, flush: true });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
