/** A journal that stops early tells what happened until then and nothing about the rest. */
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

const FACTS = {
  id: "validity.journal-complete",
  kind: "validity",
  title: "The journal is complete",
} as const;

export const journalComplete: Check = {
  name: "journal-complete",
  purpose: "The run came to its end, and every line of its journal could be read.",
  judge: (journal) => [completeVerdict(journal)],
};

function completeVerdict(journal: JournalReader): Verdict {
  const ended = journal.of("run.ended").at(-1);
  if (ended?.reason !== "completed") return endedEarly(ended);
  if (journal.problems.length > 0) {
    return verdictOf({
      ...FACTS,
      status: "INCONCLUSIVE",
      because: "The run completed, but parts of its journal could not be read.",
      details: journal.problems,
    });
  }
  return verdictOf({
    ...FACTS,
    status: "PROVEN",
    because: `The run completed; all ${figure(journal.eventCount)} events were read.`,
  });
}

function endedEarly(ended: EventOf<"run.ended"> | undefined): Verdict {
  if (ended === undefined || ended.reason === "crashed") {
    const why = ended?.error === undefined ? "." : `: ${ended.error.message}`;
    return verdictOf({
      ...FACTS,
      status: "INVALID",
      because: `The harness ${ended === undefined ? "died" : "crashed"} during the run${why}`,
    });
  }
  const why = ended.error === undefined ? "." : `: ${ended.error.message}`;
  return verdictOf({
    ...FACTS,
    status: "INCONCLUSIVE",
    because: `The run ended early (${ended.reason})${why}`,
    needed: "A run that comes to its end.",
  });
}
