/**
 * A fault beyond the design has to fail loudly: somebody must be told in time. Harm that was silent refutes the claim;
 * where nothing failed, nothing was late and nothing is lost, it was borne, and there was nothing to tell.
 */
import { BI_WORKLOADS } from "../../core/bi-load.ts";
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { faultWindows, owedFaults, type FaultWindow } from "../../core/timeline.ts";
import { ALERTS_PROBE, NOTICE_MS_MAX, noticesOf, type Look } from "./evidence/noticed.ts";
import { feltBy } from "./evidence/felt.ts";
import { duration, figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";
import { noCorruption } from "./no-corruption.ts";
import { noDuplicate } from "./no-duplicate.ts";
import { noLostChange } from "./no-lost-change.ts";
import { noReorder } from "./no-reorder.ts";

/** Only those who come through the door of the BI tier can notice what happens behind it. */
const BI_COMPONENTS = ["redis", "superset", "metabase", "waf", "haproxy-bi"];

export const loud: Check = {
  name: "loud",
  purpose:
    "A fault of class X that did harm is noticed within a minute: failed requests, probes, alerts or the components themselves.",
  judge(journal) {
    const owed = new Set(owedFaults(journal).map(({ id }) => id));
    const healed = new Set(journal.of("gameday.healed").map(({ id }) => id));
    return faultWindows(journal)
      .filter(({ entry, faultClass }) => faultClass === "X" && owed.has(entry.id))
      .flatMap((window) =>
        // Without evidence there was nothing to notice: `recovery` says so.
        window.evidence.length === 0
          ? []
          : [loudVerdict(journal, window, healed.has(window.entry.id))],
      );
  },
};

function loudVerdict(
  journal: JournalReader,
  window: FaultWindow,
  isHealedByHand: boolean,
): Verdict {
  const { entry } = window;
  const look = noticesOf(journal, window);
  const [first] = look.notices;
  const eyes = eyesFor(journal, window, look);
  const facts = {
    id: `loud.${entry.id}`,
    kind: "recovery",
    title: `${entry.fault} on ${entry.instanceId} (class X) is noticed in time`,
    target: { value: NOTICE_MS_MAX, unit: "ms", op: "<=" },
  } as const;
  if (first !== undefined) {
    const others = look.notices.length - 1;
    const more = others === 0 ? "" : `, and ${figure(others)} more ways`;
    return verdictOf({
      ...facts,
      status: "PROVEN",
      because: `Noticed ${duration(first.afterMs)} after the injection (${first.what})${more}; allowed are ${duration(NOTICE_MS_MAX)}.`,
      observed: { value: first.afterMs, unit: "ms" },
      details: look.notices.map(({ what, afterMs }) => `${duration(afterMs)}: ${what}`),
    });
  }
  if (eyes.length === 0) {
    const who = look.blind.length === 0 ? "nobody looked" : look.blind.join(", ");
    return verdictOf({
      ...facts,
      status: "INVALID",
      because: `Nobody could have noticed: ${who}. That it was silent says nothing.`,
    });
  }
  const ended = isHealedByHand ? "it was ended by hand" : look.whole ? undefined : "the run ended";
  return silentVerdict(journal, window, { facts, eyes, ended });
}

/** Of the whole run: what is not true was perhaps another fault's doing, and is silent harm until somebody says so. */
const TRUTHS = [noLostChange, noDuplicate, noReorder, noCorruption];

type Facts = Pick<Verdict, "id" | "kind" | "title" | "target">;

interface Silence {
  readonly facts: Facts;
  /** Who looked and could have noticed. */
  readonly eyes: readonly string[];
  /** What ended it before its time to be noticed was over. */
  readonly ended: string | undefined;
}

function silentVerdict(
  journal: JournalReader,
  window: FaultWindow,
  { facts, eyes, ended }: Silence,
): Verdict {
  const felt = feltBy(journal, window);
  const truths = TRUTHS.flatMap((check) => check.judge(journal));
  const wrong = truths
    .filter(({ status }) => status === "VIOLATED")
    .map(({ title }) => `not true in this run: ${title}`);
  const open = truths.find(({ status }) => status !== "PROVEN");
  const late = felt.lateCanaryCount;
  const harm = late === 0 ? wrong : [`${figure(late)} changes came too late into sight`, ...wrong];
  const looked = `looked and saw nothing wrong: ${eyes.join(", ")}`;
  if (harm.length > 0 && ended !== undefined) {
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: `Nobody had noticed when ${ended}, before the ${duration(NOTICE_MS_MAX)} were over, and it did harm: ${harm.join("; ")}.`,
      needed: "A run that lets this fault last.",
    });
  }
  if (harm.length > 0) {
    return verdictOf({
      ...facts,
      status: "VIOLATED",
      because: `It was silent: within ${duration(NOTICE_MS_MAX)} no request failed, no probe, alert or component said anything, though ${figure(eyes.length)} looked, and it did harm: ${harm.join("; ")}.`,
      details: [looked],
    });
  }
  if (felt.canaryCount === 0 || truths.length < TRUTHS.length || open !== undefined) {
    const why =
      felt.canaryCount === 0
        ? "no canary was due meanwhile"
        : `it is not proven that ${open?.title ?? "nothing is lost"}`;
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: `It was silent, and whether it did harm cannot be said: ${why}.`,
      needed: "A run that compares every change, with canaries that are due while the fault lasts.",
    });
  }
  return verdictOf({
    ...facts,
    status: "PROVEN",
    because: `It was borne, and there was nothing to notice: no more of ${figure(felt.requestCount)} requests failed than before, ${figure(felt.canaryCount)} canaries were in sight after ${duration(felt.freshnessMsMax)} at most, and nothing is lost.`,
    details: [looked],
  });
}

/** Of those who looked, those who can see what was hit. */
function eyesFor(
  journal: JournalReader,
  { entry }: FaultWindow,
  { eyes }: Look,
): readonly string[] {
  const { services } = journal.plan.topology;
  const isBi =
    entry.instanceIds === undefined &&
    BI_COMPONENTS.includes(services[entry.service]?.component ?? "");
  const isAtTheDoor = (eye: string): boolean => BI_WORKLOADS.some((workload) => workload === eye);
  return isBi
    ? eyes.filter((eye) => eye === ALERTS_PROBE || isAtTheDoor(eye))
    : eyes.filter((eye) => !isAtTheDoor(eye));
}
