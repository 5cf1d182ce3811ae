/** What a certificate says of a run, and what the page says of the certificate. */
import { describe, expect, test } from "vitest";
import { claimsOf, statementOf, timestamp } from "../../../reports/certificate.ts";
import { REPORTERS } from "../../../reports/index.ts";
import * as journals from "../../fixtures/journals.ts";
import * as judgements from "../../fixtures/judgements.ts";

const smoke = claimsOf(journals.smokeJournal(), judgements.smokeJudgement);

describe("claims", () => {
  test("name the run, its seed, its end and the command that repeats it", () => {
    expect(smoke.run).toMatchObject({
      runId: "20261122T085107Z-smoke-4f1c",
      startedAt: "2026-11-22T08:51:07.000Z",
      ended: "completed",
      durationMs: 415_300,
    });
    expect(smoke.run.rerun).toBe(`npx lakeproof run smoke --seed ${smoke.run.seed}`);
  });

  test("hold the judgement unchanged, and the machine", () => {
    expect(smoke.judgement).toBe(judgements.smokeJudgement);
    expect(smoke.environment).toEqual(journals.smokeJournal().environment);
  });

  test("compare every node of the seed with the run", () => {
    const { isSpecified, machine, nodes } = smoke.specification;
    expect(isSpecified).toBe(false);
    expect(machine.asked).toEqual({ nodeCount: 43, cpuCount: 536, memoryMiB: 2180 * 1024 });
    const kafka = nodes.find(({ node }) => node === "Kafka broker");
    expect(kafka).toMatchObject({
      asked: { nodeCount: 5, cpuCount: 8, memoryMiB: 32 * 1024 },
      had: { nodeCount: 1 },
      isAsSpecified: false,
    });
    expect(smoke.deviations.length).toBeGreaterThan(5);
  });

  test("list each fault with what was seen of it", () => {
    expect(smoke.faults.map(({ id, injected }) => [id, injected])).toEqual(
      ["f1", "f2", "f3", "f4", "f5", "f6"].map((id) => [id, true]),
    );
    expect(smoke.faults[0]).toMatchObject({ recoveryMs: 6300, recoveryBudgetMs: 19_000 });
    const loss = claimsOf(journals.lossJournal(), judgements.lossJudgement);
    expect(loss.faults.find(({ id }) => id === "f5")?.evidence).toEqual([]);
    const aborted = claimsOf(journals.abortedJournal(), judgements.abortedJudgement);
    expect(aborted.faults.every(({ injected }) => !injected)).toBe(true);
  });
});

describe("scope", () => {
  test("is exactly this machine and nothing more", () => {
    expect(smoke.scope.certifies).toMatch(
      /^Certifies exactly this machine and nothing more: \d+ cores? of .*, topology dev\. The run is PROVEN/,
    );
    expect(smoke.scope.doesNotCertify[0]).toMatch(/^Other hardware\. /);
  });

  test("is the specified hardware only where the judgement says so", () => {
    const judgement = { ...judgements.smokeJudgement, certifiable: { value: true } } as const;
    const { scope, specification } = claimsOf(journals.smokeJournal(), judgement);
    expect(scope.certifies).toMatch(/^Certifies the specified hardware\./);
    expect(scope.doesNotCertify.some((line) => line.startsWith("Other hardware"))).toBe(false);
    expect(specification.isSpecified).toBe(true);
  });

  test("lists what was claimed and is not PROVEN, and what was never claimed", () => {
    const { doesNotCertify } = claimsOf(journals.lossJournal(), judgements.lossJudgement).scope;
    const open = judgements.lossJudgement.verdicts.filter(
      ({ claimed, status }) => claimed && status !== "PROVEN",
    );
    const [line] = doesNotCertify.filter((text) => text.startsWith("Claimed and not PROVEN"));
    for (const { id, status } of open) expect(line).toContain(`${id} (${status})`);
    expect(doesNotCertify.some((text) => text.startsWith("Not claimed: "))).toBe(true);
  });

  test.for([
    ["aborted", journals.abortedJournal, judgements.abortedJudgement, "interrupted after 1.9 s"],
    [
      "provisioning-failed",
      journals.provisioningFailedJournal,
      judgements.provisioningFailedJudgement,
      "provisioning-failed after 9.1 s",
    ],
  ] as const)(
    "of a run that was %s certifies no more than its record",
    ([, make, judgement, end]) => {
      const { certifies } = claimsOf(make(), judgement).scope;
      expect(certifies).toContain("No more than this record is certified");
      expect(certifies).toContain(end);
    },
  );
});

test("a statement has the subject of the binding and nothing of it in the predicate", () => {
  const file = { name: "plan.json", digest: { sha256: "0".repeat(64) } };
  const statement = statementOf(smoke, {
    subject: [file],
    issuedAt: timestamp(0),
    signer: { keyid: "k", publicKey: "p" },
    judgedBy: { lakeproofVersion: "0.1.0", codeSha256: "c" },
    manifest: { ...file, fileCount: 1, sizeBytes: 2 },
    reports: [],
  });
  expect(statement._type).toBe("https://in-toto.io/Statement/v1");
  expect(statement.predicateType).toBe("urn:lakeproof:certificate:v1");
  expect(statement.subject).toEqual([file]);
  expect(statement.predicate).not.toHaveProperty("subject");
  expect(statement.predicate.issuedAt).toBe("1970-01-01T00:00:00.000Z");
});

test("a time no calendar knows is the epoch, not a crash", () => {
  expect(timestamp(Number.NaN)).toBe("1970-01-01T00:00:00.000Z");
});

describe("report.html", () => {
  const page = (seal?: { keyid: string; manifestSha256: string }): string =>
    REPORTERS.html.render(journals.smokeJournal(), judgements.smokeJudgement, seal)[0]?.body ?? "";

  test("names the key, the manifest and how to verify", () => {
    const text = page({ keyid: "k".repeat(64), manifestSha256: "d".repeat(64) });
    expect(text).toContain("k".repeat(64));
    expect(text).toContain("d".repeat(64));
    expect(text).toContain("npx lakeproof verify runs/20261122T085107Z-smoke-4f1c");
    expect(text).toContain('href="certificate.json"');
    expect(text).toContain("exactly this machine and nothing more");
  });

  test("says that there is no certificate where there is none", () => {
    expect(page()).toContain("This run has no certificate");
    expect(page()).not.toContain('href="certificate.json"');
  });
});
