/**
 * `lakeproof selftest --gallery`: configurations that are known to be bad, each run on real components with its sound
 * twin. One that stays green is a defect nobody would see; a twin that turns red makes every catch worthless.
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import type { Scenario } from "../../core/contracts/scenario.ts";
import type { Judgement } from "../../core/contracts/slo.ts";
import { EXIT_CODES, LakeproofError, type ExitCode } from "../../core/errors.ts";
import { fileNameOf } from "../../core/file-name.ts";
import { host } from "../../core/host.ts";
import { readJournal } from "../../core/journal.ts";
import { judge } from "../../core/judge.ts";
import { GALLERY } from "../../scenarios/known-bad/index.ts";
import { CHECKS } from "../../slo/checks/index.ts";

const MISSED_EXIT = 21 satisfies ExitCode;
const COMPLETE = "validity.journal-complete";

export interface GalleryOptions {
  /** One of the gallery instead of all, with or without "known-bad/". */
  readonly only?: string | undefined;
  readonly seed?: string | undefined;
  readonly runsDir: string;
  readonly json: boolean;
}

export interface GalleryRow {
  readonly scenario: string;
  /** What had to come out: verdicts that turn VIOLATED, or a green run. */
  readonly expected: string;
  readonly caught: boolean;
  readonly exitCode: number;
  readonly found: string;
  readonly runDir: string;
}

export async function gallery(options: GalleryOptions): Promise<number> {
  const rows: GalleryRow[] = [];
  for (const { bad, healthy } of chosenPairs(options.only)) {
    for (const scenario of [bad, healthy]) {
      const row = await galleryRow(scenario, options);
      rows.push(row);
      if (!options.json) host.out(rowText(row));
    }
  }
  const missed = rows.filter(({ caught }) => !caught);
  const exitCode = missed.length === 0 ? 0 : MISSED_EXIT;
  if (options.json) {
    const summary = { schema: "lakeproof.gallery/1", caught: missed.length === 0, rows };
    host.out(`${JSON.stringify(summary)}\n`);
    return exitCode;
  }
  host.out(
    `\n${String(rows.length - missed.length)} of ${String(rows.length)} runs ended as they must.\n`,
  );
  if (exitCode !== 0) host.out(`Exit ${String(exitCode)}: ${EXIT_CODES[exitCode]}.\n`);
  return exitCode;
}

function chosenPairs(only: string | undefined): typeof GALLERY {
  if (only === undefined) return GALLERY;
  const named = GALLERY.filter(({ bad }) => [bad.name, shortName(bad.name)].includes(only));
  if (named.length > 0) return named;
  const names = GALLERY.map(({ bad }) => shortName(bad.name));
  throw new LakeproofError("USAGE", `--only is ${JSON.stringify(only)}.`, {
    hint: `Did you mean ${closest(only, names)}? The gallery has ${names.join(", ")}.`,
  });
}

function shortName(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

async function galleryRow(scenario: Scenario, options: GalleryOptions): Promise<GalleryRow> {
  const runsDir = resolve(options.runsDir, fileNameOf(scenario.name));
  mkdirSync(runsDir, { recursive: true });
  const exitCode = await runScenario(scenario.name, runsDir, options.seed);
  const expected = scenario.mustViolate?.join(", ") ?? "green";
  const runDir = join(runsDir, "latest");
  const base = { scenario: scenario.name, expected, exitCode, runDir };
  if (exitCode === 2) return { ...base, caught: false, found: "it was refused" };
  const judgement = judge(await readJournal(runDir), Object.values(CHECKS));
  return { ...base, ...outcomeOf(scenario, judgement) };
}

/** Pure: whether the run came to its end and to what it had to come to, and the finding that says so. */
export function outcomeOf(
  { mustViolate }: Pick<Scenario, "mustViolate">,
  { status, because, exit, verdicts }: Pick<Judgement, "status" | "because" | "exit" | "verdicts">,
): Pick<GalleryRow, "caught" | "found"> {
  if (mustViolate === undefined) {
    return { caught: exit.code === 0, found: `${status}: ${because}` };
  }
  const complete = verdicts.find(({ id }) => id === COMPLETE);
  if (complete?.status !== "PROVEN") {
    return { caught: false, found: complete?.because ?? "Nobody can tell whether it ended." };
  }
  const wanted = mustViolate.map((id) => ({ id, verdict: verdicts.find((one) => one.id === id) }));
  const green = wanted.find(({ verdict }) => verdict?.status !== "VIOLATED");
  if (green !== undefined) {
    const { id, verdict } = green;
    return { caught: false, found: `${id} is ${verdict?.status ?? "missing"}` };
  }
  const found = wanted.map(({ id, verdict }) => `${id}: ${verdict?.because ?? ""}`).join(" ");
  return { caught: true, found };
}

/** The very command a user would give; what it says goes to standard error. */
function runScenario(name: string, runsDir: string, seed: string | undefined): Promise<number> {
  const argv = [host.launcherPath, "run", name, "--runs", runsDir, "--json"];
  const seeded = seed === undefined ? argv : [...argv, "--seed", seed];
  const child = spawn(host.nodePath, seeded, { stdio: ["ignore", "ignore", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    host.onSignal(signal, () => void child.kill(signal));
  }
  return new Promise((done, failed) => {
    child.once("error", (error) => {
      failed(
        new LakeproofError("INTERNAL", `Cannot run ${host.nodePath}: ${error.message}`, {
          hint: "Run it from an installation that is complete.",
          cause: error,
        }),
      );
    });
    child.once("exit", (code, signal) => {
      if (signal === "SIGINT" || code === 130) failed(interrupted());
      else done(code ?? 143);
    });
  });
}

function interrupted(): LakeproofError {
  return new LakeproofError("INTERRUPTED", "A run of the gallery was stopped.", {
    hint: "`--only` runs one of them.",
  });
}

function rowText({ scenario, expected, caught, exitCode, found }: GalleryRow): string {
  const mark = caught ? "as it must" : "WRONG";
  return `${mark.padEnd(11)}${scenario.padEnd(42)} expected ${expected}, exit ${String(exitCode)}\n${" ".repeat(11)}${found}\n`;
}
