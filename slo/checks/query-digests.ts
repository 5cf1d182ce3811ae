/** A fast wrong answer is a failure: answers over settled data must be what the books say. */
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const queryDigests: Check = {
  name: "query-digests",
  purpose: "Each query class's answers over settled buckets are what the books say.",
  judge(journal) {
    const classes = journal.plan.queries
      .filter((query) => (query.digestEvery ?? 0) > 0)
      .map((query) => query.name);
    return classes.length === 0 ? [] : [digestVerdict(journal, classes)];
  },
};

const FACTS = {
  id: "integrity.query-digests",
  kind: "integrity",
  title: "Queries over settled data give the right answer",
} as const;

function digestVerdict(journal: JournalReader, classes: readonly string[]): Verdict {
  const answers = journal.of("query.digest");
  // Both texts empty means that nothing lay in the range: equal, but no evidence.
  const compared = answers.filter((answer) => answer.expected !== "" || answer.observed !== "");
  const wrong = compared.filter((answer) => answer.expected !== answer.observed);
  const counts = classes.map(
    (name) => `${name} ${figure(compared.filter((answer) => answer.class === name).length)}`,
  );
  const [first] = wrong;
  if (first !== undefined) {
    return verdictOf({
      ...FACTS,
      status: "VIOLATED",
      because: `${figure(wrong.length)} of ${figure(compared.length)} answers are wrong, the first: ${finding(first)}.`,
      details: wrong.map(finding),
    });
  }
  const never = classes.filter((name) => !compared.some((answer) => answer.class === name));
  if (compared.length === 0) {
    return verdictOf({
      ...FACTS,
      status: "INCONCLUSIVE",
      // Few queries in a short run are no fault of the system's, and the reader's own comparison stands beside this.
      claimed: false,
      because: "No query asked for buckets that were settled by then.",
      needed: "A longer run, or more queries a second.",
    });
  }
  return verdictOf({
    ...FACTS,
    status: "PROVEN",
    because: `All ${figure(compared.length)} answers compared with the books agree (${counts.join(", ")}).`,
    details: never.map((name) => `no answer of class ${name} could be compared`),
  });
}

/** Where the answer departs from the books, cell by cell. */
function finding(answer: EventOf<"query.digest">): string {
  const { bucketMin, bucketMax, lane } = answer;
  const expected = cellsOf(answer.expected);
  const observed = cellsOf(answer.observed);
  const keys = [...new Set([...expected.keys(), ...observed.keys()])].filter(
    (key) => expected.get(key) !== observed.get(key),
  );
  const [key = ""] = keys;
  const where =
    `${answer.class} over buckets ${String(bucketMin)} to ${String(bucketMax)}` +
    (lane === undefined ? "" : `, lane ${String(lane)}`);
  const more = keys.length > 1 ? ` and ${figure(keys.length - 1)} more` : "";
  return `${where}: ${key} is ${observed.get(key) ?? "not there"}, not ${expected.get(key) ?? "there at all"}${more}`;
}

function cellsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(" ")
      .filter((cell) => cell !== "")
      .map((cell) => {
        const [key = "", value = ""] = cell.split("=");
        return [key, value] as const;
      }),
  );
}
