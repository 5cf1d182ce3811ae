/** What a day of one-second windows costs to judge, draw and verify: each verb in a process of its own. */
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keyidOf } from "../cli/certificate/key.ts";
import { sealRun } from "../cli/certificate/index.ts";
import { readJournal } from "../core/journal.ts";
import { judge } from "../core/judge.ts";
import { CHECKS } from "../slo/checks/index.ts";
import { writeLongJournal } from "./long-journal.ts";
import type { Figure } from "./micro.ts";

const HOURS = 24;
const MIB = 2 ** 20;

interface Measured {
  readonly code: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

export async function reportFigures(): Promise<readonly Figure[]> {
  const runDir = mkdtempSync(join(tmpdir(), "lakeproof-bench-report-"));
  try {
    const written = writeLongJournal(runDir, HOURS);
    await seal(runDir);
    const drawn = measured("report", runDir);
    const verified = measured("verify", runDir);
    const htmlBytes = statSync(join(runDir, "report.html")).size;
    const journal = `journal of ${String(HOURS)} h, ${String(written.eventCount)} events, ${mib(written.sizeBytes)}`;
    const row = (name: string, value: string, ratio: number, aim: string): Figure => ({
      name,
      value,
      reference: journal,
      ratio: ratio.toFixed(2),
      aim,
    });
    return [
      row("reading, judging and drawing", seconds(drawn), drawn.seconds / 5, "≤ 5 s"),
      row(
        "its peak memory",
        mib(drawn.peakRssBytes),
        drawn.peakRssBytes / (300 * MIB),
        "≤ 300 MiB",
      ),
      row("report.html", mib(htmlBytes), htmlBytes / (5 * MIB), "≤ 5 MiB"),
      row(
        `verify (exit ${String(verified.code)})`,
        seconds(verified),
        verified.seconds / 10,
        "≤ 10 s",
      ),
      row("its peak memory", mib(verified.peakRssBytes), verified.peakRssBytes / (300 * MIB), "–"),
    ];
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
}

/** As a run does at its end, with a key that nobody keeps. */
async function seal(runDir: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const journal = await readJournal(runDir);
  await sealRun(runDir, {
    journal,
    judgement: judge(journal, Object.values(CHECKS)),
    signer: {
      keyid: keyidOf(publicKey),
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
      sign: (bytes) => sign(null, bytes, privateKey),
    },
  });
}

/** The last line on stderr is the measurement. */
function measured(verb: "report" | "verify", runDir: string): Measured {
  const script = fileURLToPath(new URL("long-run.ts", import.meta.url));
  const { stderr } = spawnSync(process.execPath, [script, verb, runDir], {
    encoding: "utf8",
    maxBuffer: 64 * MIB,
  });
  return JSON.parse(stderr.trim().split("\n").at(-1) ?? "") as Measured;
}

function seconds({ seconds: elapsed, cpuSeconds }: Measured): string {
  return `${elapsed.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor)`;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)} MiB`;
}
