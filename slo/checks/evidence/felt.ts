/**
 * What those outside noticed of a fault while it lasted: refused or unanswered requests, looks that saw nothing, changes
 * that came into sight late. A fault beyond the design has to be loud, and this says how loud it was.
 */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { FaultWindow } from "../../../core/timeline.ts";
import { duration, figure } from "./text.ts";

export interface Felt {
  readonly requestCount: number;
  /** Failed, dropped, or of unknown outcome. */
  readonly badRequestCount: number;
  readonly blindLookCount: number;
  /** Canaries meant to be written meanwhile. */
  readonly canaryCount: number;
  /** Canaries meant to be written meanwhile that were visible too late, or never. */
  readonly lateCanaryCount: number;
  /** Of all of them; the age so far of one that was never seen. */
  readonly freshnessMsMax: number;
}

export function feltBy(journal: JournalReader, { fromMs, toMs }: FaultWindow): Felt {
  const isWithin = (atMs: number): boolean => atMs >= fromMs && atMs < toMs;
  const loads = journal
    .of("load.window")
    .filter((window) => isWithin(window.fromMs + window.windowMs / 2));
  const ages: number[] = [];
  for (const { intendedMs, visibleMs } of journal.of("canary.seen")) {
    if (isWithin(intendedMs)) ages.push(visibleMs - intendedMs);
  }
  for (const { intendedMs, ageMs } of journal.of("canary.censored")) {
    if (isWithin(intendedMs)) ages.push(ageMs);
  }
  const { freshnessTargetMs } = journal.plan.canary;
  return {
    requestCount: loads.reduce((sum, { offered }) => sum + offered, 0),
    badRequestCount: loads.reduce((sum, { offered, ok }) => sum + offered - ok, 0),
    blindLookCount: journal.of("probe.blind").filter(({ atMs }) => isWithin(atMs)).length,
    canaryCount: ages.length,
    lateCanaryCount: ages.filter((ageMs) => ageMs >= freshnessTargetMs).length,
    freshnessMsMax: ages.reduce((most, ageMs) => Math.max(most, ageMs), 0),
  };
}

export function feltText(journal: JournalReader, window: FaultWindow): string {
  const felt = feltBy(journal, window);
  const isSilent =
    felt.badRequestCount === 0 && felt.blindLookCount === 0 && felt.lateCanaryCount === 0;
  const oldest = `the oldest change that was waited for: ${duration(felt.freshnessMsMax)}`;
  if (isSilent) {
    return `nobody outside noticed: all ${figure(felt.requestCount)} requests succeeded; ${oldest}`;
  }
  return (
    `noticed outside: ${figure(felt.badRequestCount)} of ${figure(felt.requestCount)} requests without success, ` +
    `${figure(felt.blindLookCount)} looks that saw nothing, ${figure(felt.lateCanaryCount)} changes visible too late; ${oldest}`
  );
}
