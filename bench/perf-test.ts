/** Kafka's own producer, driven by its own kafka-producer-perf-test: what a record costs the usual client. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LakeproofError } from "../core/errors.ts";
import { buildDictionaries, openBankLane } from "../generators/bank.ts";
import { connectorHeaders, EnvelopeEncoder } from "../generators/envelope-encoder.ts";
import { cpuMs } from "../infra/drivers/processes.ts";

const PAYLOAD_COUNT = 60_000;
/** Lines of its report before it counts as warm: one every five seconds. */
const WARMUP_LINES = 2;
const REPORT_LINE = /^(\d+) records sent, ([\d.]+) records\/sec/;

export interface PerfTestOptions {
  readonly java: string;
  readonly classPath: string;
  readonly address: string;
  readonly topic: string;
  readonly rateEventsPerS: number;
  readonly durationS: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  /** For the payloads. */
  readonly scratchDir: string;
}

export interface PerfTestFigures {
  readonly cpuUsPerEvent: number;
  readonly achievedEventsPerS: number;
}

/** As many different payloads as a batch can never hold, each as long as one of our records with key and headers. */
function writePayloads(path: string): void {
  const lane = openBankLane({
    ...{ seed: 1n, lane: 0, laneCount: 8, userCount: 1_250_000, opening: "implied" },
    dictionaries: buildDictionaries(1n),
    beforeImages: true,
  });
  const encoder = new EnvelopeEncoder({
    connectorVersion: "3.7.0.Final",
    tombstonesOnDelete: false,
  });
  const log = { lane: 0, laneCount: 8, startLsn: 4e15, startTxId: 1000 };
  const headers = [...connectorHeaders("0b7f6c52-8d4e-4b8e-9f33-0f0d4a1b2c3d")].flat().join("");
  const lines: string[] = [];
  for (let index = 0; lines.length < PAYLOAD_COUNT; index += 1) {
    const commitUs = 1_795_360_867_790_869 + index * 25;
    encoder.encodeTxn(lane.next(1), log, { commitUs, processedUs: commitUs + 20_000 }, (record) => {
      lines.push(`${String(record.value)}${String(record.key)}${headers}`);
    });
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
}

/** The processor time of the whole process, its collector and compiler included, from its third report on. */
export async function runPerfTest(options: PerfTestOptions): Promise<PerfTestFigures> {
  const payloads = join(options.scratchDir, "payloads.txt");
  writePayloads(payloads);
  const properties = [
    `bootstrap.servers=${options.address}`,
    ...["acks=all", "compression.type=lz4", "enable.idempotence=true"],
    `linger.ms=${String(options.lingerMs)}`,
    `batch.size=${String(options.batchBytes)}`,
  ];
  const argv = [
    ...["-Xmx512m", "-cp", options.classPath, "org.apache.kafka.tools.ProducerPerformance"],
    ...["--topic", options.topic, "--payload-file", payloads],
    ...["--num-records", String(options.rateEventsPerS * options.durationS)],
    ...["--throughput", String(options.rateEventsPerS)],
    ...["--command-property", ...properties],
  ];
  return measured(options.java, argv);
}

interface Sample {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly recordCount: number;
}

function measured(java: string, argv: readonly string[]): Promise<PerfTestFigures> {
  const child = spawn(java, argv, { stdio: ["ignore", "pipe", "pipe"] });
  const samples: Sample[] = [];
  let said = "";
  let recordCount = 0;
  const take = (chunk: unknown): void => {
    said = `${said}${String(chunk)}`.slice(-4000);
    for (const line of String(chunk).split("\n")) {
      const count = REPORT_LINE.exec(line)?.[1];
      if (count === undefined || child.pid === undefined) continue;
      recordCount += Number(count);
      // The closing summary comes when the process may be gone already.
      if (line.includes("50th")) continue;
      samples.push({ atMs: performance.now(), cpuMs: cpuMs(child.pid), recordCount });
    }
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const first = samples[WARMUP_LINES];
      const last = samples.at(-1);
      if (code !== 0 || first === undefined || last === undefined || first === last) {
        const hint = said.slice(-1500);
        reject(
          new LakeproofError("INTERNAL", `kafka-producer-perf-test: ${String(code)}.`, { hint }),
        );
        return;
      }
      const events = last.recordCount - first.recordCount;
      resolve({
        cpuUsPerEvent: ((last.cpuMs - first.cpuMs) * 1000) / events,
        achievedEventsPerS: (events * 1000) / (last.atMs - first.atMs),
      });
    });
  });
}
