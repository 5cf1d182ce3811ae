/** What a person sees while a run lasts: one live line on a terminal, one line now and then elsewhere. */
import type { JournalEvent, JournalWriter } from "../../core/contracts/journal.ts";
import type { Phase, Plan } from "../../core/contracts/plan.ts";
import { host } from "../../core/host.ts";
import { readinessText } from "../../infra/critical-path.ts";
import type { ProvisionStep } from "../../infra/provision.ts";
import { ageText, DataAge } from "./data-age.ts";
import { Eta } from "./eta.ts";
import { clock, eventLines } from "./event-lines.ts";

export interface RunConsole {
  provisioning(step: ProvisionStep): void;
  close(): void;
}

const TTY_INTERVAL_MS = 500;
const PLAIN_INTERVAL_MS = 10_000;

const LATE_MS_MIN = 5_000;
const ANOMALY_LINES_MAX = 5;

interface Board {
  phase: Phase;
  rateEventsPerS: number;
  /** How far the load is behind its schedule. */
  lateMs: number;
  lagEvents: number;
  age: DataAge;
  faults: Map<string, string>;
  anomalies: number;
}

export function openConsole(plan: Plan, journal: JournalWriter, json: boolean): RunConsole {
  const live = host.stderrIsTty && !json && host.env["TERM"] !== "dumb";
  const board: Board = {
    phase: "provision",
    rateEventsPerS: 0,
    lateMs: 0,
    lagEvents: 0,
    age: new DataAge(plan.canary.ratePerS),
    faults: new Map(),
    anomalies: 0,
  };
  const say = (line: string): void => {
    host.err(live ? `\r\x1b[2K${line}\n` : `${line}\n`);
  };
  journal.onEvent((event) => {
    if (json) host.out(`${JSON.stringify(event)}\n`);
    followTime(eta, event);
    follow(board, event, (line) => {
      say(`${clock(event.atMs)}  ${line}`);
    });
  });
  const eta = new Eta(plan);
  const timer = host.every(live ? TTY_INTERVAL_MS : PLAIN_INTERVAL_MS, () => {
    const line = statusLine(board, journal.nowMs(), eta);
    if (live) host.err(`\r\x1b[2K${line.slice(0, host.columns - 1)}`);
    else if (board.phase !== "provision") host.err(`${line}\n`);
  });
  return {
    provisioning: (step) => {
      if (step.kind === "starting") return;
      if (step.kind === "complete") {
        say(`${clock(journal.nowMs())}  ${readinessText(step.elapsedMs, step.critical)}`);
        return;
      }
      const took = step.kind === "ready" ? step.instance.readyMs : step.elapsedMs;
      const cpuMs = step.kind === "ready" ? step.instance.readyCpuMs : undefined;
      const seconds = `${(took / 1000).toFixed(1)} s`.padStart(7);
      const cpu = cpuMs === undefined ? "" : `, ${(cpuMs / 1000).toFixed(1)} s of CPU`;
      say(
        `${clock(journal.nowMs())}  ${step.kind.padEnd(10)} ${step.id.padEnd(22)} ${seconds}${cpu}`,
      );
    },
    close: () => {
      timer[Symbol.dispose]();
      if (live) host.err("\r\x1b[2K");
    },
  };
}

function followTime(eta: Eta, event: JournalEvent): void {
  if (event.kind === "phase.entered") eta.entered(event.phase, event.atMs);
  else if (event.kind === "fault.changed" && ["recovered", "failed"].includes(event.state)) {
    eta.faultEnded(event.atMs);
  }
}

function follow(board: Board, event: JournalEvent, say: (line: string) => void): void {
  switch (event.kind) {
    case "phase.entered":
      board.phase = event.phase;
      break;
    case "load.window":
      if (event.workload === "bank") {
        board.rateEventsPerS = (event.events * 1000) / event.windowMs;
        board.lateMs = event.atMs - event.fromMs - event.windowMs;
      }
      break;
    case "sample.taken":
      if (event.probe === "lake.lagEvents") board.lagEvents = event.observed.value;
      break;
    case "canary.seen":
    case "canary.censored":
      board.age.follow(event);
      break;
    case "ledger.anomaly":
      board.anomalies += 1;
      if (board.anomalies > ANOMALY_LINES_MAX) return;
      break;
    case "fault.changed":
      followFault(board, event);
      break;
    default:
      break;
  }
  for (const line of eventLines(event)) say(line);
}

function followFault(board: Board, event: Extract<JournalEvent, { kind: "fault.changed" }>): void {
  const { id, fault, instanceId, state } = event;
  if (state === "injecting") board.faults.set(id, `${id} ${fault} ${instanceId}`);
  else if (state === "recovered" || state === "failed") board.faults.delete(id);
}

function statusLine(board: Board, nowMs: number, eta: Eta): string {
  const leftMs = eta.remainingMs(nowMs, board.lateMs);
  const faults = [...board.faults.values()].join(", ");
  return [
    clock(nowMs),
    board.phase,
    `${board.rateEventsPerS.toFixed(0)} events/s${lateText(board.lateMs)}`,
    `lag ${board.lagEvents.toFixed(0)}`,
    `fresh ${ageText(board.age.at(nowMs))}`,
    faults === "" ? "no fault" : faults,
    leftMs === 0 ? "finishing" : `about ${clock(leftMs)} left`,
  ].join("  ·  ");
}

/** A window is written a moment after its end; more than that is work that piled up. */
function lateText(lateMs: number): string {
  return lateMs < LATE_MS_MIN ? "" : ` ${(lateMs / 1000).toFixed(0)} s late`;
}
