/** `lakeproof run`: plan, provision or attach, load, break, verify, judge, report. */
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { JournalWriter } from "../core/contracts/journal.ts";
import type { Plan } from "../core/contracts/plan.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { fileNameOf } from "../core/file-name.ts";
import { host } from "../core/host.ts";
import { openJournal } from "../core/journal.ts";
import { configDigests, openLab, provision, type Lab } from "../infra/provision.ts";
import { environmentOf } from "../infra/environment.ts";
import { stateDir, type LabState } from "../infra/drivers/lab.ts";
import { askCalibration } from "./calibrate-store.ts";
import { openSigner } from "./certificate/key.ts";
import { residueOf, takeDown } from "./heal.ts";
import { putOwnSessionFirst } from "../infra/drivers/own-session.ts";
import { insideLab, isElsewhere, networkSupport, runInside, settleIsolation } from "./inside.ts";
import { labOn, newLabState, obtainArtifacts } from "./lab.ts";
import { judgeAndReport } from "./judge.ts";
import { runInNewLab } from "./new-lab.ts";
import { makePlan, planText, scenarioNamed } from "./plan.ts";
import { addedText, type AddedOptions } from "./plan-options.ts";
import { wantedReports } from "./reporters.ts";
import { preflight } from "./requirements.ts";
import {
  gameMsOf,
  givenCommands,
  openGame,
  playedAgain,
  type GameOptions,
} from "./gameday/open.ts";
import { openConsole, type RunConsole } from "./run/console.ts";
import { breakThings as breakAsPlanned } from "./run/faults.ts";
import { runPhases, type Breaking } from "./run/phases.ts";
import { readyEvent } from "./run/ready-event.ts";
import { inspectScript } from "./run/script-load.ts";
import { startReaperFor } from "./run/reaper.ts";
import { newLedgers, type Session } from "./run/session.ts";
import { StopLadder } from "./run/stop-ladder.ts";
import { selftestRows } from "./selftest/results.ts";
import { listenForStop, STOP_CODES } from "./stop.ts";
import { VERSION, versionsOf } from "./version.ts";
import { watchLab } from "./watch-lab.ts";

export interface RunOptions extends AddedOptions {
  readonly scenario: string;
  readonly seed: string | undefined;
  readonly rate: string | undefined;
  /** Offer a rate that the generator's calibration says it cannot offer. */
  readonly aboveCalibration: boolean;
  /** Faults of class X are wanted, whatever the scenario says. */
  readonly beyondDesign?: boolean;
  readonly script?: string | undefined;
  /** Two faults at a time instead of the scenario's own: how many pairs, as given. */
  readonly pairs?: string | undefined;
  readonly subnet: string;
  readonly isolation: string;
  readonly runsDir: string;
  /** PEM file of the key that signs the certificate; this user's own where none is named. */
  readonly key: string | undefined;
  /** "markdown=summary.md", "github", …, as given. */
  readonly reporters?: readonly string[] | undefined;
  readonly json: boolean;
  /** People say what is broken, and when. */
  readonly game?: GameOptions;
}

interface RunFrame {
  readonly options: RunOptions;
  readonly plan: Plan;
  readonly runDir: string;
  readonly runId: string;
  readonly journal: JournalWriter;
  readonly console: RunConsole;
  readonly breakThings: Breaking;
  readonly stop: AbortController;
  readonly ladder: StopLadder;
}

export async function run(options: RunOptions): Promise<number> {
  const reports = wantedReports(options.reporters, options.json);
  const inside = insideLab();
  const there = inside ?? labOn(options.subnet);
  const attached = there?.held === true && there.state === "up" ? there : undefined;
  const choice =
    there === undefined
      ? settleIsolation(scenarioNamed(options.scenario).topology, options.isolation)
      : { isolation: there.isolation, userNamespace: false };
  const support = await networkSupport(choice.isolation, there);
  const gameMsMax = options.game === undefined ? undefined : gameMsOf(options.game);
  const plan = makePlan({ ...options, gameMsMax }, choice.isolation, support);
  const game =
    options.game === undefined ? undefined : { commands: givenCommands(options.game, plan) };
  // Inside a lab's network this is the same command for the second time.
  if (inside === undefined) askCalibration(plan, options.aboveCalibration);
  const signer = openSigner(options.key);
  // People who play need the keys of their terminal.
  const session = game === undefined ? "own" : "terminal";
  if (attached !== undefined && isElsewhere(attached)) {
    return runInside(attached, undefined, session);
  }
  const stop = new AbortController();
  if (attached === undefined && inside === undefined) {
    await preflight(plan.topology, options.subnet, choice.isolation);
    if (choice.isolation === "namespaces") {
      const { topology } = plan;
      const lab = { topology, subnet: options.subnet, held: false, session } as const;
      return runInNewLab(lab, choice, stop.signal);
    }
  }
  if (inside !== undefined) putOwnSessionFirst();
  host.err(planText(plan));
  const ladder = new StopLadder();
  const texts = {
    notice: "Stopping: faults are undone, the lab is taken down, the report is written.",
    hint: "The journal up to here was judged.",
  };
  listenForStop(stop, texts, () => ladder.quiet({ guard: "operator", reason: "Ctrl-C" }));
  host.onCrash((error) => {
    stop.abort(error);
  });
  const { services } = plan.topology;
  const artifacts = await obtainArtifacts(services, choice.isolation, stop.signal);
  if (plan.script !== undefined) {
    await inspectScript(plan.script, artifacts["k6"] ?? "k6", Object.keys(services));
  }
  const { runDir, runId } = makeRunDir(options.runsDir, plan);
  const logsDir = join(runDir, "logs");
  const state =
    attached ??
    (inside === undefined
      ? newLabState({
          topology: plan.topology.name,
          subnet: options.subnet,
          isolation: choice.isolation,
          held: false,
          logsDir,
        })
      : { ...inside, logsDir });
  const journal = openJournal(runDir, () => host.monotonicMs());
  const { console, breakThings } =
    game === undefined
      ? { console: openConsole(plan, journal, options.json), breakThings: breakAsPlanned }
      : openGame({ ...game, plan, journal, runDir, json: options.json });
  const frame = { options, plan, runDir, runId, journal, console, breakThings, stop, ladder };
  await act(frame, state, artifacts);
  return judgeAndReport(runDir, { json: options.json, reports, signer });
}

/** Everything between run.started and run.ended. Never rejects: what went wrong is in the journal. */
async function act(
  frame: RunFrame,
  state: LabState,
  artifacts: Readonly<Record<string, string>>,
): Promise<void> {
  const { journal, plan, stop } = frame;
  const startedAtEpochMs = host.epochMs() - journal.nowMs();
  const lab = openLab(plan.topology, state, artifacts);
  journalStart(frame, lab, artifacts, startedAtEpochMs);
  const reaper = startReaperFor(state);
  using _watch = state.held
    ? watchLab(state, (error) => {
        stop.abort(error);
      })
    : undefined;
  let ended: Parameters<JournalWriter["append"]>[0] = { kind: "run.ended", reason: "completed" };
  let provisioned = false;
  try {
    const ready = state.held ? lab : await provisionLab(frame, state, artifacts);
    if (state.held) journalInstances(frame, ready);
    provisioned = true;
    journal.append({ kind: "phase.entered", phase: "selftest" });
    for (const { defect, hop, check, caught } of await selftestRows()) {
      const name = hop === "journal" ? defect : `${defect} at ${hop}`;
      journal.append({ kind: "selftest.defect", defect: name, check, caught });
    }
    const session: Session = {
      runDir: frame.runDir,
      plan,
      seed: BigInt(plan.seed),
      journal,
      lab: ready,
      startedAtEpochMs,
      artifacts,
      ...newLedgers(),
      signal: stop.signal,
      ladder: frame.ladder,
      stopRun: (error) => {
        stop.abort(error);
      },
    };
    await runPhases(session, frame.breakThings);
  } catch (error) {
    ended = endedBy(error, provisioned, stop.signal.aborted);
  }
  journal.append({ kind: "phase.entered", phase: "teardown" });
  if (!state.held) await takeDown(state.id);
  journal.append({ kind: "residue.checked", residue: residueOf(state.id) });
  journal.append(ended);
  frame.console.close();
  reaper?.dismiss();
  await journal[Symbol.asyncDispose]();
}

function journalStart(
  frame: RunFrame,
  lab: Lab,
  artifacts: Readonly<Record<string, string>>,
  startedAtEpochMs: number,
): void {
  const { journal, plan, options } = frame;
  const environment = environmentOf(
    frame.runDir,
    versionsOf(artifacts),
    configDigests(lab),
    VERSION,
  );
  writeFileSync(
    join(frame.runDir, "environment.json"),
    `${JSON.stringify(environment, null, 2)}\n`,
  );
  const rate = options.rate === undefined ? "" : ` --rate ${options.rate}`;
  const beyond = options.beyondDesign === true ? " --beyond-design" : "";
  const script = options.script === undefined ? "" : ` --script ${options.script}`;
  const pairs = options.pairs === undefined ? "" : ` --pairs ${options.pairs}`;
  const added = `${beyond}${pairs}${script}${addedText(options)}`;
  const verb = options.game === undefined ? "run" : "gameday";
  const played = options.game === undefined ? "" : playedAgain(options.game, frame.runDir);
  const rerun = `npx lakeproof ${verb} ${options.scenario} --seed ${plan.seed}${rate}${added}${played}`;
  journal.append({
    kind: "run.started",
    schema: "lakeproof.journal/1",
    runId: frame.runId,
    startedAtEpochMs,
    plan,
    environment,
    rerun,
  });
  journal.append({ kind: "phase.entered", phase: "provision" });
}

function provisionLab(
  frame: RunFrame,
  state: LabState,
  artifacts: Readonly<Record<string, string>>,
): Promise<Lab> {
  const { plan, journal, stop, console } = frame;
  return provision({
    topology: plan.topology,
    state,
    artifacts,
    signal: stop.signal,
    onStep: (step) => {
      console.provisioning(step);
      if (step.kind !== "ready") return;
      journal.append(readyEvent(step.instance, false));
    },
  });
}

function journalInstances(frame: RunFrame, lab: Lab): void {
  for (const { id } of lab.specs) {
    const instance = lab.driver.instance(id);
    if (instance !== undefined) frame.journal.append(readyEvent(instance, false));
  }
}

function endedBy(
  error: unknown,
  provisioned: boolean,
  interrupted: boolean,
): Parameters<JournalWriter["append"]>[0] {
  const known = error instanceof LakeproofError ? error : undefined;
  const facts = {
    code: known?.code ?? "INTERNAL",
    message: reasonOf(error),
    hint: known?.hint ?? "Read the journal and the logs in the run directory.",
  };
  const stopCodes: readonly string[] = [...Object.values(STOP_CODES), "GUARD_TRIPPED"];
  if (interrupted && stopCodes.includes(facts.code)) {
    return { kind: "run.ended", reason: "interrupted", error: facts };
  }
  const failedToStart = !provisioned || facts.code === "PROVISIONING_FAILED";
  return {
    kind: "run.ended",
    reason: failedToStart ? "provisioning-failed" : "crashed",
    error: facts,
  };
}

function makeRunDir(runsDir: string, plan: Plan): { runDir: string; runId: string } {
  const stamp = new Date(host.epochMs()).toISOString().replace(/[-:]/g, "").slice(0, 15);
  const runId = `${stamp}Z-${fileNameOf(plan.scenario)}-${host.randomHex(3)}`;
  const runDir = resolve(runsDir, runId);
  mkdirSync(join(runDir, "logs"), { recursive: true });
  mkdirSync(stateDir(), { recursive: true });
  writeFileSync(join(runDir, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
  const latest = resolve(runsDir, "latest");
  try {
    unlinkSync(latest);
  } catch {
    // There was no earlier run.
  }
  symlinkSync(runId, latest);
  return { runDir, runId };
}
