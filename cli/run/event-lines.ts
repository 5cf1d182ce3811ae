/** What a person wants to read of one event while it happens; most events say nothing. */
import { styleText } from "node:util";
import type { JournalEvent } from "../../core/contracts/journal.ts";

const GUARD_STEPS = {
  wait: "the next fault waits",
  quiet: "no further fault is injected",
  heal: "everything is undone now",
} as const;

export function eventLines(event: JournalEvent): readonly string[] {
  switch (event.kind) {
    case "phase.entered":
      return [styleText("bold", `phase ${event.phase}`)];
    case "ledger.anomaly": {
      const { anomaly, hop, lane, seq, detail } = event;
      return [`${anomaly} at ${hop}: lane ${String(lane)} sequence ${String(seq)}, ${detail}`];
    }
    case "fault.changed":
      return faultLines(event);
    case "guard.tripped":
      return [`${event.guard}: ${event.reason}; ${GUARD_STEPS[event.step]}`];
    case "note":
      return [event.text];
    case "gameday.expected":
      return [`${event.id} expected: ${event.text}`];
    case "gameday.detected":
      return [`${event.id} seen by a person${event.text === "" ? "" : `: ${event.text}`}`];
    case "gameday.healed":
      return [`${event.id} is ended by hand`];
    case "gameday.noted":
      return [`noted: ${event.text}`];
    case "run.ended":
      return event.error === undefined ? [] : [`${event.error.message}\n  ${event.error.hint}`];
    default:
      return [];
  }
}

export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

function faultLines(event: Extract<JournalEvent, { kind: "fault.changed" }>): readonly string[] {
  const name = `${event.id} ${event.fault} ${event.instanceId}`;
  const proofs = (event.evidence ?? []).map((proof) => `  ${event.id} evidence: ${proof}`);
  switch (event.state) {
    case "injecting":
      return [...proofs, `${name} (class ${event.faultClass})`];
    case "recovered": {
      const took = ((event.recoveryMs ?? 0) / 1000).toFixed(1);
      const budget = ((event.recoveryBudgetMs ?? 0) / 1000).toFixed(0);
      return [...proofs, `${name} recovered in ${took} s (budget ${budget} s)`];
    }
    case "failed":
      return [...proofs, `${name} FAILED: ${event.reason ?? "no reason"}`];
    default:
      return proofs;
  }
}
