/** So many people at once: they came, they stayed for a minute at least, and they were answered. */
import { USERS_PROBE } from "../../../core/bi-load.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict, VerdictStatus } from "../../../core/contracts/slo.ts";
import { within } from "../../../core/timeline.ts";
import { RATE_SECONDS_MIN } from "../../objectives/provable.ts";
import { seriesOf } from "./load.ts";
import { duration, figure, percent } from "./text.ts";
import { intervalsOf } from "./time.ts";
import { verdictOf } from "./verdict.ts";

type UsersObjective = Objective & { readonly sli: Extract<Objective["sli"], { kind: "users" }> };

const ANSWERED_SHARE_MIN = 0.99;

export interface UsersSeen {
  /** Fewest users at once in the measured time. */
  readonly least: number;
  /** From the first to the last count in the measured time. */
  readonly timeMs: number;
}

export function usersSeen(
  journal: JournalReader,
  window: Objective["window"],
): UsersSeen | undefined {
  const intervals = intervalsOf(journal, window, 0);
  const samples = journal
    .of("sample.taken")
    .filter((sample) => sample.probe === USERS_PROBE && within(sample.atMs, intervals));
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    least: samples.reduce((least, sample) => Math.min(least, sample.observed.value), Infinity),
    timeMs: last.atMs - first.atMs,
  };
}

export function usersVerdict(
  journal: JournalReader,
  objective: UsersObjective,
  claimed: boolean,
): Verdict {
  const planned = journal.plan.users?.count ?? 0;
  const wanted = objective.threshold.value;
  const seen = usersSeen(journal, objective.window);
  const { sums } = seriesOf(journal, {
    workload: objective.sli.workload,
    class: undefined,
    intervals: intervalsOf(journal, objective.window, 0),
    ratePerS: undefined,
  });
  const { offered, ok } = sums;
  const { status, because } = judged();
  return verdictOf({
    id: `objective.${objective.id}`,
    kind: "objective",
    title: objective.title,
    status,
    claimed,
    because,
    ...figures(),
    ...(status === "INCONCLUSIVE"
      ? { needed: `${duration(RATE_SECONDS_MIN * 1000)} with ${figure(wanted)} users or more.` }
      : {}),
  });

  /** Of the two conditions the one that decides: how many they were, or how many answers they got. */
  function figures(): Pick<Verdict, "observed" | "target"> {
    if (status === "VIOLATED") {
      const target = { value: ANSWERED_SHARE_MIN, unit: "ratio", op: ">=" } as const;
      return { observed: { value: ok / offered, unit: "ratio" }, target };
    }
    const target = { ...objective.threshold, op: ">=" } as const;
    return seen === undefined
      ? { target }
      : { observed: { value: seen.least, unit: "count" }, target };
  }

  function judged(): { readonly status: VerdictStatus; readonly because: string } {
    if (planned < wanted) {
      const because = `The plan has ${figure(planned)} users, fewer than the ${figure(wanted)} asked for.`;
      return { status: "INCONCLUSIVE", because };
    }
    if (seen === undefined || offered === 0) {
      return { status: "INCONCLUSIVE", because: "No users were measured." };
    }
    if (seen.least < wanted) {
      const because = `Only ${figure(seen.least)} of ${figure(planned)} users were there at once: the generator fell short.`;
      return { status: "INVALID", because };
    }
    const share = ok / offered;
    const because =
      `${figure(seen.least)} users at once over ${duration(seen.timeMs)}, ` +
      `${percent(share)} of their ${figure(offered)} actions answered (at least ${percent(ANSWERED_SHARE_MIN)} must be).`;
    if (share < ANSWERED_SHARE_MIN) return { status: "VIOLATED", because };
    return { status: seen.timeMs >= RATE_SECONDS_MIN * 1000 ? "PROVEN" : "INCONCLUSIVE", because };
  }
}
