/** Cost per call on the load's hot path, beside the cheapest thing that could take its place. */
import { newHistogram, recordMs } from "../core/histogram.ts";
import { LatencyCounts } from "../core/latency-counts.ts";
import { ChangeLedger } from "../core/ledger.ts";
import { SettledRanges } from "../core/settled-ranges.ts";
import { openWindows } from "../core/windows.ts";

export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly reference: string;
  readonly ratio: string;
  readonly aim: string;
}

const CALLS = 2_000_000;
const ROUNDS = 5;

/** Best of several rounds: what the code costs when nothing disturbs it. Interleaved with the reference. */
function nsPerCall(work: () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / CALLS);
  }
  return best;
}

export function microFigures(): readonly Figure[] {
  const array = new Float64Array(1 << 16);
  const reference = nsPerCall(() => {
    for (let index = 0; index < CALLS; index += 1) {
      const at = (index * 7919) & 0xffff;
      array[at] = (array[at] ?? 0) + 1;
    }
  });
  const histogram = newHistogram();
  const record = nsPerCall(() => {
    for (let index = 0; index < CALLS; index += 1) recordMs(histogram, (index % 5000) / 7);
  });
  const counts = new LatencyCounts();
  const ownRecord = nsPerCall(() => {
    for (let index = 0; index < CALLS; index += 1) counts.recordMs((index % 5000) / 7);
  });
  const range = nsPerCall(() => {
    const ranges = new SettledRanges(() => undefined);
    for (let seq = 1; seq <= CALLS; seq += 2) ranges.settle(1, seq, seq + 1, "ok");
  });
  const ledger = nsPerCall(() => {
    const book = new ChangeLedger();
    const order = book.partition("p");
    for (let seq = 1; seq <= CALLS; seq += 1) book.observe(1, seq, 1, 123456789, order, seq);
  });
  const windows = nsPerCall(() => {
    const open = openWindows("bank", undefined, 100);
    for (let index = 0; index < CALLS; index += 1) open.settled(index / 1000, "ok", 3, 2);
  });
  const row = (name: string, ns: number, aim: string): Figure => ({
    name,
    value: `${ns.toFixed(1)} ns`,
    reference: `${reference.toFixed(1)} ns (one increment in a typed array)`,
    ratio: (ns / reference).toFixed(1),
    aim,
  });
  return [
    {
      name: "one latency recorded by the generator",
      value: `${ownRecord.toFixed(1)} ns`,
      reference: `${record.toFixed(1)} ns (hdr-histogram-js, which its counts become)`,
      ratio: (ownRecord / record).toFixed(2),
      aim: "≤ 10 ns",
    },
    row("one histogram record of a run", record, "< 50 ns"),
    row("one settled operation in a sequence range", range, "< 50 ns"),
    row("one change in the ledger of a hop", ledger, "< 50 ns"),
    row("one settled operation in its second", windows, "none set"),
  ];
}
