/** `lakeproof verify`: true certificates pass, and what is missing, strange or of somebody else is named. */
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { verificationText } from "../../../cli/certificate/text.ts";
import type { Verification } from "../../../cli/certificate/verification.ts";
import { judgeRun, reportRun } from "../../../cli/judge.ts";
import { placeOf, verify, verifyCertificate } from "../../../cli/verify.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import { host } from "../../../core/host.ts";
import { put, resign } from "../../fixtures/dishonest-signer.ts";
import * as journals from "../../fixtures/journals.ts";
import {
  HEALTHY,
  newDirectory,
  problems,
  removeMade,
  sealedRun,
  SIGNER_A,
  SIGNER_B,
} from "../../fixtures/run-directory.ts";
import type { RawRun } from "../../fixtures/run-directory.ts";

afterAll(removeMade);

const verified = (target: string): Promise<Verification> => verifyCertificate(placeOf(target));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a run as it was sealed", () => {
  const reader = (journal: JournalReader, tail = ""): RawRun => ({ events: journal.all(), tail });
  const RUNS: readonly (readonly [name: string, ended: string, raw: () => RawRun])[] = [
    ["healthy", "completed", () => HEALTHY],
    ["smoke", "completed", () => reader(journals.smokeJournal())],
    ["loss", "completed", () => reader(journals.lossJournal())],
    [
      "truncated",
      "cut off",
      () => reader(journals.truncatedJournal(), '{"atMs":223600,"kind":"fau'),
    ],
    ["aborted", "interrupted", () => reader(journals.abortedJournal())],
    [
      "provisioning-failed",
      "provisioning-failed",
      () => reader(journals.provisioningFailedJournal()),
    ],
  ];

  test.for(RUNS)("%s is genuine, whatever its verdict", async ([, ended, raw]) => {
    const { runDir, judgement } = await sealedRun(raw());
    const result = await verified(runDir);
    expect(problems(result)).toEqual([]);
    expect(result.notes).toEqual([]);
    expect(result).toMatchObject({ outcome: "genuine", exit: 0 });
    expect(result.says).toMatchObject({ ended, status: judgement.status });
    expect(result.verdicts?.certifiedCount).toBe(judgement.verdicts.length);
    expect(result.verdicts?.differingCount).toBe(0);
    // Seven raw files, their manifest and four reports.
    expect(result.files).toMatchObject({ certifiedCount: 13, sameCount: 13 });
  });

  test("a run that did not come to its end says so in what it certifies", async () => {
    const { runDir, judgement } = await sealedRun({ events: journals.abortedJournal().all() });
    expect(judgement.status).not.toBe("PROVEN");
    const { says } = await verified(runDir);
    expect(says?.certifies).toContain("exactly this machine and nothing more");
    expect(says?.certifies).toContain("No more than this record is certified");
    expect(says?.certifies).toContain("interrupted after 1.9 s");
  });
});

describe("files", () => {
  test.for(["plan.json", "logs/kafka-0.log", "report.html", "manifest.sha256"])(
    "a missing %s is named",
    async (file) => {
      const { runDir } = await sealedRun();
      rmSync(join(runDir, file));
      const result = await verified(runDir);
      expect(result.exit).toBe(21);
      expect(problems(result)).toContain(`file ${file}: is missing`);
    },
  );

  test("a file too many is named, and so is a link, even to the same content", async () => {
    const { runDir } = await sealedRun();
    writeFileSync(join(runDir, "logs", "planted.log"), "nothing happened\n");
    const log = join(runDir, "logs", "trino-0.log");
    const elsewhere = newDirectory("elsewhere");
    copyFileSync(log, join(elsewhere, "copy.log"));
    rmSync(log);
    symlinkSync(join(elsewhere, "copy.log"), log);
    expect(problems(await verified(runDir))).toEqual([
      "file logs/trino-0.log: is missing",
      "file logs/planted.log: is not in the certificate",
      "file logs/trino-0.log: is no regular file",
    ]);
  });

  test("a journal cut short is read as far as it goes, and each verdict it changes is told", async () => {
    const { runDir } = await sealedRun();
    const path = join(runDir, "journal.ndjson");
    truncateSync(path, Math.floor(readFileSync(path).length * 0.6));
    const result = await verified(runDir);
    expect(result.outcome).toBe("not genuine");
    const told = problems(result);
    expect(told).toContainEqual(expect.stringMatching(/^file journal\.ndjson: was changed/));
    expect(told).toContainEqual(
      'verdict validity.journal-complete: status: certified "PROVEN", recomputed "INVALID"',
    );
    expect(result.verdicts?.differingCount).toBeGreaterThan(1);
  });

  test("a journal without its beginning recomputes nothing and says so", async () => {
    const { runDir } = await sealedRun();
    writeFileSync(join(runDir, "journal.ndjson"), '{"atMs":1,"kind":"note","text":"hello"}\n');
    const told = problems(await verified(runDir));
    expect(told).toContainEqual(
      expect.stringContaining("journal.ndjson: cannot be judged, so no verdict was recomputed"),
    );
  });

  test("a journal whose events lost their shape is a finding, not a crash", async () => {
    const { runDir } = await sealedRun();
    const path = join(runDir, "journal.ndjson");
    const text = readFileSync(path, "utf8");
    for (const [from, to] of [
      ['"plan":{', '"plan":null,"was":{'],
      ['"environment":{', '"environment":{"versions":7,"was":'],
      ['"faults":[', '"faults":{},"was":['],
    ] as const) {
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
      const result = await verified(runDir);
      expect(result.exit).toBe(21);
      expect(result.findings.map(({ about }) => about)).toContain("journal.ndjson");
    }
  });
});

describe("certificates", () => {
  test("that of another run is refused", async () => {
    const [one, other] = [
      await sealedRun(),
      await sealedRun({ events: journals.smokeJournal().all() }),
    ];
    copyFileSync(join(other.runDir, "certificate.json"), join(one.runDir, "certificate.json"));
    const result = await verified(one.runDir);
    expect(result.exit).toBe(21);
    const { runId } = journals.smokeJournal();
    expect(problems(result)).toContain(
      `certificate certificate.json: is of run ${runId}, but the journal here is of run synthetic`,
    );
    expect(result.findings.map(({ about }) => about)).toContain("journal.ndjson");
  });

  test("that of another key is refused where a key is named, and doubted where none is", async () => {
    const { runDir } = await sealedRun();
    const trusted = await verifyCertificate(placeOf(runDir), SIGNER_A.key);
    expect(trusted).toMatchObject({ exit: 0, signer: { isTrusted: true } });
    const unnamed = await verified(runDir);
    expect(unnamed).toMatchObject({ exit: 0, signer: { isTrusted: false } });
    expect(verificationText(unnamed)).toContain("nobody vouches for");
    const other = await verifyCertificate(placeOf(runDir), SIGNER_B.key);
    expect(other).toMatchObject({ exit: 21, signer: { isTrusted: false } });
    expect(problems(other)).toEqual([
      `signature certificate.json: is not signed by the key you named, ${SIGNER_B.keyid}; it says it is by ${SIGNER_A.keyid}`,
    ]);
  });

  test("one sent without its run is incomplete, not genuine", async () => {
    const { runDir } = await sealedRun();
    const elsewhere = newDirectory("mail");
    const alone = join(elsewhere, "mail.json");
    copyFileSync(join(runDir, "certificate.json"), alone);
    const result = await verified(alone);
    expect(result).toMatchObject({ outcome: "incomplete", exit: 11, findings: [] });
    appendFileSync(alone, " ");
    expect((await verified(alone)).exit).toBe(21);
  });

  test("none at all is a matter of usage", () => {
    const empty = newDirectory("empty");
    expect(() => placeOf(empty)).toThrow(/no certificate/);
    expect(() => placeOf(join(empty, "gone"))).toThrow(/no certificate/);
  });

  test.for(["", "{", '{"payload":"e30=","payloadType":"x","signatures":[{"sig":"AA=="}]}'])(
    "%j in its place is not genuine",
    async (text) => {
      const { runDir } = await sealedRun();
      writeFileSync(join(runDir, "certificate.json"), text);
      const result = await verified(runDir);
      expect(result.exit).toBe(21);
      expect(result.findings[0]?.about).toBe("certificate.json");
    },
  );
});

describe("judged or drawn again later", () => {
  test("changes nothing while the checks are the same", async () => {
    const { runDir } = await sealedRun();
    vi.spyOn(host, "out").mockImplementation(() => undefined);
    expect(await judgeRun(runDir, { json: true })).toBe(0);
    expect(await reportRun(runDir, { json: true })).toBe(0);
    expect(await verified(runDir)).toMatchObject({ outcome: "genuine", notes: [] });
  });

  test("a report that differs, and is what this lakeproof draws, is a note", async () => {
    const { runDir } = await sealedRun();
    // As if the version that sealed the run had drawn another page.
    resign(runDir, (statement) => {
      put(statement, ["predicate", "reports", 0, "digest", "sha256"], "0".repeat(64));
    });
    const result = await verified(runDir);
    expect(result).toMatchObject({ outcome: "genuine", exit: 0 });
    expect(result.notes).toEqual([
      "report.html was drawn again: it is what this lakeproof draws from the raw data.",
    ]);
  });

  test("by other checks: only what decides counts, and both versions are named", async () => {
    const { runDir } = await sealedRun();
    const reword = (status: string): void => {
      resign(runDir, ({ predicate }) => {
        put(predicate, ["judgedBy", "codeSha256"], "f".repeat(64));
        const [verdict] = predicate.judgement.verdicts;
        Object.assign(verdict ?? {}, { because: "In other words.", status });
      });
    };
    reword("PROVEN");
    const words = await verified(runDir);
    expect(words).toMatchObject({ outcome: "genuine", judgedBy: { same: false } });
    expect(words.notes).toContainEqual(expect.stringContaining("In other words."));
    expect(verificationText(words)).toMatch(
      /judged +by lakeproof .* \(ffffffffffff\), now by other/,
    );
    reword("VIOLATED");
    expect(await verified(runDir)).toMatchObject({ outcome: "verdicts differ", exit: 10 });
  });
});

describe("the verb", () => {
  test("prints JSON with the same outcome as the text", async () => {
    const { runDir } = await sealedRun();
    let printed = "";
    vi.spyOn(host, "out").mockImplementation((text) => {
      printed += text;
    });
    const key = join(newDirectory("key"), "signer.pem");
    writeFileSync(key, SIGNER_A.publicKey);
    expect(await verify({ target: runDir, publicKey: key, json: true })).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({
      schema: "lakeproof.verification/1",
      outcome: "genuine",
      signer: { keyid: SIGNER_A.keyid, isTrusted: true },
    });
    printed = "";
    mkdirSync(join(runDir, "empty"));
    appendFileSync(join(runDir, "logs", "kafka-0.log"), "x");
    expect(await verify({ target: runDir, publicKey: undefined, json: false })).toBe(21);
    expect(printed).toContain("✘ file logs/kafka-0.log: was changed");
    expect(printed.trimEnd().split("\n").at(-1)).toBe("NOT GENUINE (1 problem).");
  });

  test("lets no certificate drive the terminal", async () => {
    const { runDir } = await sealedRun();
    resign(runDir, (statement) => {
      put(statement, ["predicate", "judgement", "because"], "\u001b[2Jgone\u0007\r\n✔ fine");
    });
    const text = verificationText(await verified(runDir));
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(text).toContain("gone");
  });
});
