/** A journal is read into columns: nothing of it may get lost, change, or be trusted that was not written so. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JournalEvent, JournalReader } from "../../../core/contracts/journal.ts";
import { eachCount, encodeHistogram, newHistogram, recordMs } from "../../../core/histogram.ts";
import { parseJournal, readJournal } from "../../../core/journal.ts";
import { eachCountOf, identityOf, mergeWindows } from "../../../core/journal-table.ts";
import { windowsOf } from "../../../core/load-windows.ts";
import { healthyEvents } from "../../../slo/checks/synthetic.ts";
import { lossJournal, smokeJournal } from "../../fixtures/journals.ts";

const HEALTHY = healthyEvents();
const STARTED = JSON.stringify(HEALTHY[0]);
const ENDED = JSON.stringify({ atMs: 9e6, kind: "run.ended", reason: "completed" });
const KINDS = ["load.window", "latency.window", "sample.taken", "canary.seen"] as const;

const LOAD = {
  ...{ atMs: 1000.125, kind: "load.window", workload: "bank", fromMs: 0, windowMs: 1000 },
  ...{ offered: 300, ok: 299, failed: 1, unknown: 0, dropped: 0, events: 900 },
} as const;
const MEMORY = { atMs: 5, kind: "instance.memory", instanceId: "kafka-0", rssBytes: 1 } as const;

function histogramOf(...latenciesMs: readonly number[]): string {
  const histogram = newHistogram();
  for (const latencyMs of latenciesMs) recordMs(histogram, latencyMs);
  return encodeHistogram(histogram);
}

function latency(histogramUs: string): Extract<JournalEvent, { kind: "latency.window" }> {
  const where = { workload: "queries", class: "simple", fromMs: 0, windowMs: 1000 };
  return { atMs: 7, kind: "latency.window", ...where, count: 3, histogramUs, overTarget: 1 };
}

function parsed(...lines: readonly string[]): JournalReader {
  return parseJournal([STARTED, ...lines, ENDED].map((line) => `${line}\n`).join(""));
}

/** As they are in the journal, by the parser that everybody trusts. */
function expected(lines: readonly string[]): readonly unknown[] {
  return [STARTED, ...lines, ENDED].map((line) => JSON.parse(line) as unknown);
}

/** A view has getters only; what it holds are its fields that are there. */
function fieldsOf(event: object): Record<string, unknown> {
  const entries: (readonly [string, unknown])[] = [];
  for (const name in event) {
    if (name === "row" || name === "histograms") continue;
    const value = (event as Record<string, unknown>)[name];
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

describe("all()", () => {
  test.each([
    ["a synthetic run", HEALTHY],
    ["a smoke run", smokeJournal().all()],
    ["a run with lost rows and hostile text", lossJournal().all()],
  ])("gives %s back event by event", (_, events) => {
    const lines = events.map((event) => JSON.stringify(event));
    expect(parseJournal(lines.join("\n")).all()).toStrictEqual(
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });

  test.each([
    ["numbers at their edges", [0, -0, 255, 256, 65_536, -1, 2 ** 31, 2 ** 53, 0.1, 1e-7, 1e21]],
    [
      "fractions of many digits",
      [123_456_789.123, 0.30000000000000004, 5e-324, 1.7976931348623157e308],
    ],
    ["a column that widens late", [...Array.from({ length: 200 }, (_, index) => index), 1.5, -7]],
  ] as const)("keeps %s", (_, values) => {
    const lines = values.map((rssBytes) =>
      JSON.stringify({ ...MEMORY, rssBytes }).replace(
        ":0}",
        Object.is(rssBytes, -0) ? ":-0}" : ":0}",
      ),
    );
    const journal = parsed(...lines);
    expect(journal.all()).toStrictEqual(expected(lines));
    expect(journal.of("instance.memory").map((event) => event.rssBytes)).toStrictEqual([...values]);
  });

  test("keeps the order of kinds that take turns", () => {
    const lines = [MEMORY, LOAD, MEMORY, latency(histogramOf(1)), LOAD].map((event) =>
      JSON.stringify(event),
    );
    expect(parsed(...lines).all()).toStrictEqual(expected(lines));
  });
});

describe("of()", () => {
  test.each(KINDS)("%s has the fields that the objects have", (kind) => {
    const journal = smokeJournal();
    const objects = journal.all().filter((event) => event.kind === kind);
    expect(objects.length).toBeGreaterThan(10);
    expect(journal.of(kind).map(fieldsOf)).toStrictEqual(objects);
  });

  test("is a list: length, places from either end, order and a choice", () => {
    const journal = smokeJournal();
    const seen = journal.of("canary.seen");
    const canaries = seen.map(({ canary }) => canary);
    expect(seen).toHaveLength(canaries.length);
    expect(Array.from(seen, ({ canary }) => canary)).toEqual(canaries);
    expect([0, 1, -1].map((index) => seen.at(index)?.canary)).toEqual(
      [0, 1, -1].map((index) => canaries.at(index)),
    );
    expect([seen.at(canaries.length), seen.at(-1 - canaries.length)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(seen.filter(({ canary }) => canary % 7 === 0).map(({ canary }) => canary)).toEqual(
      canaries.filter((canary) => canary % 7 === 0),
    );
  });

  test("knows an event again by its place", () => {
    const windows = smokeJournal().of("latency.window");
    const [first, again, second] = [windows.at(0), windows.at(0), windows.at(1)].map((one) =>
      identityOf(one ?? {}),
    );
    expect(again).toBe(first);
    expect(second).not.toBe(first);
  });
});

describe("windowsOf()", () => {
  test.each([
    ["load.window", "bank", undefined],
    ["load.window", "queries", "simple"],
    ["latency.window", "queries", "large"],
    ["latency.window", "queries", undefined],
  ] as const)("picks %s of %s, class %s, and nothing else", (kind, workload, name) => {
    const journal = smokeJournal();
    const own = journal
      .all()
      .filter(
        (event) => event.kind === kind && event.workload === workload && event.class === name,
      );
    expect(windowsOf(journal, kind, { workload, class: name }).map(fieldsOf)).toStrictEqual(own);
  });
});

/** Planted: lines that are no JSON of ours, each of which the columns must leave to the parser. */
describe("an unusual line", () => {
  const usual = JSON.stringify(LOAD);
  test.each([
    ["with white space", usual.replaceAll(",", ", ")],
    ["in another order", JSON.stringify(Object.fromEntries(Object.entries(LOAD).reverse()))],
    ["with a field more", JSON.stringify({ ...LOAD, later: true })],
    ["with a field less", usual.replace(',"events":900', "")],
    ["with a text for a number", usual.replace('"offered":300', '"offered":"300"')],
    ["with null for a number", usual.replace('"offered":300', '"offered":null')],
    ["with an escape in a text", usual.replace('"bank"', '"b\\u0061nk\\n"')],
    ["with a text beyond ASCII", usual.replace('"bank"', '"bänk 🏦"')],
    ["with an exponent", usual.replace('"offered":300', '"offered":3E+2')],
    ["with a carriage return", `${usual}\r`],
    ["with a field twice", usual.replace('"ok":299', '"ok":1,"ok":299')],
  ])("%s is read as JSON reads it, and so are its neighbours", (_, line) => {
    const lines = [usual, line, usual];
    const journal = parsed(...lines);
    expect(journal.problems).toEqual([]);
    expect(journal.all()).toStrictEqual(expected(lines));
    expect(journal.of("load.window").map(fieldsOf)).toStrictEqual(expected(lines).slice(1, -1));
  });

  test.each([
    ["a number with a leading zero", usual.replace(":300", ":0300")],
    ["a number that ends at its point", usual.replace(":300", ":300.")],
    ["a number of signs only", usual.replace(":300", ":-")],
    ["an exponent of nothing", usual.replace(":300", ":3e")],
    ["a control character in a text", usual.replace("bank", "ba\tnk")],
    ["no end", usual.slice(0, -1)],
    ["something behind its end", `${usual}}`],
    ["a comma too many", usual.replace("}", ",}")],
  ])("with %s is no event, and what follows is not trusted", (_, line) => {
    const journal = parseJournal([STARTED, usual, line, usual, ENDED, ""].join("\n"));
    expect(journal.problems[0]).toMatch(/^Line 3 is not valid JSON; 2 further lines were not/);
    expect(journal.eventCount).toBe(2);
    expect(journal.of("run.ended")).toHaveLength(0);
  });

  test.each([
    ["a window of nothing", { ...LOAD, windowMs: 0 }, "0 as windowMs, and allowed is 100 to"],
    ["one that ends before it begins", { ...LOAD, windowMs: -1000 }, "-1000 as windowMs"],
    ["one without a length", { ...LOAD, windowMs: undefined }, "nothing as windowMs"],
    ["one without a beginning", { ...LOAD, fromMs: undefined }, "nothing as fromMs"],
    ["one a century away", { ...LOAD, fromMs: 3e12 }, "3000000000000 as fromMs"],
    ["one of words", { ...latency(histogramOf(1)), fromMs: "0" }, '"0" as fromMs'],
    ["an event before the run", { ...MEMORY, atMs: -1 }, "-1 as atMs, and allowed is 0 to"],
    ["an event a century after it", { ...MEMORY, atMs: 3e12 }, "3000000000000 as atMs"],
  ])("stops at %s", (_, event, said) => {
    const journal = parsed(JSON.stringify(LOAD), JSON.stringify(event), JSON.stringify(LOAD));
    expect(journal.of("load.window")).toHaveLength(1);
    expect(journal.problems[0]).toMatch(/^Line 3 has .*; 2 further lines were not trusted\.$/);
    expect(journal.problems[0]).toContain(said);
  });

  test("cut off at any byte is said to be cut off, unless all of it is there", () => {
    for (let length = 1; length <= usual.length; length += 1) {
      const journal = parseJournal(`${STARTED}\n${usual.slice(0, length)}`);
      const isWhole = length === usual.length;
      expect(journal.eventCount).toBe(isWhole ? 2 : 1);
      expect(journal.problems.includes("Line 2 is cut off: judged up to there.")).toBe(!isWhole);
    }
  });

  test("of an unknown kind is counted and passed over", () => {
    const journal = parsed(usual, JSON.stringify({ ...LOAD, kind: "load.windows" }));
    expect(journal.problems).toEqual(['Unknown event kind "load.windows" (1×) was passed over.']);
    expect(journal.eventCount).toBe(3);
  });
});

describe("histograms", () => {
  const texts = [
    histogramOf(),
    histogramOf(0.001),
    histogramOf(1, 1, 2, 2.5, 1000, 3_600_000),
    histogramOf(...Array.from({ length: 3000 }, (_, index) => (index * index) % 70_001)),
    // Planted: what encodeHistogram() would not write is kept as it is, damage and all.
    "",
    "no histogram",
    `${histogramOf(1)}====`,
    histogramOf(5).slice(0, -4),
    histogramOf(5).replace(/.{8}$/, "AAAAAAAA"),
    Buffer.from(histogramOf(1, 2, 3), "base64").toString("base64url"),
  ];

  test("come back as they were written", () => {
    const journal = parsed(...texts.map((text) => JSON.stringify(latency(text))));
    expect(journal.of("latency.window").map((window) => window.histogramUs)).toEqual(texts);
  });

  test("count alike in columns and as text", () => {
    const journal = parsed(...texts.map((text) => JSON.stringify(latency(text))));
    for (const window of journal.of("latency.window")) {
      const counted = (each: (visit: (index: number, count: number) => void) => void): unknown => {
        const counts: (readonly [number, number])[] = [];
        try {
          each((index, count) => counts.push([index, count]));
        } catch (error) {
          return String(error);
        }
        return counts;
      };
      const fromText = counted((visit) => {
        eachCount(window.histogramUs, visit);
      });
      const packed = counted((visit) => {
        eachCountOf(window, visit);
      });
      expect(packed).toEqual(fromText);
    }
  });

  test("are merged from events that are in no columns too", () => {
    const sum = mergeWindows([latency(histogramOf(1, 2)), latency(histogramOf(3))]);
    expect(sum.totalCount).toBe(3);
  });
});

describe("readJournal()", () => {
  test("joins what lies across the pieces it reads, and a line longer than one of them", async () => {
    const dir = mkdtempSync(join(tmpdir(), "lakeproof-journal-"));
    try {
      const note = { atMs: 1, kind: "note", text: "x".repeat(3 << 20) };
      const lines = [
        JSON.stringify(note),
        ...Array.from({ length: 9000 }, (_, index) =>
          JSON.stringify({
            ...LOAD,
            atMs: index + 0.001,
            class: index % 2 === 0 ? "simple" : "large",
          }),
        ),
      ];
      writeFileSync(join(dir, "journal.ndjson"), [STARTED, ...lines, ENDED].join("\n"));
      const journal = await readJournal(dir);
      expect(journal.problems).toEqual([]);
      expect(journal.all()).toStrictEqual(expected(lines));
      expect(journal.endMs).toBe(9e6);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
