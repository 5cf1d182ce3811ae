/** A certificate that is whole and untrue: the signature holds, the raw data contradict it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Verification } from "../../../cli/certificate/verification.ts";
import { placeOf, verifyCertificate } from "../../../cli/verify.ts";
import { put, resign } from "../../fixtures/dishonest-signer.ts";
import * as journals from "../../fixtures/journals.ts";
import { problems, removeMade, sealedRun, SIGNER_B } from "../../fixtures/run-directory.ts";
import type { SealedRun } from "../../fixtures/run-directory.ts";

afterAll(removeMade);

const verified = (target: string): Promise<Verification> => verifyCertificate(placeOf(target));

describe("a signer that lies", () => {
  let lossRun: SealedRun;

  beforeAll(async () => {
    lossRun = await sealedRun({ events: journals.lossJournal().all() });
  });

  test("about a verdict is contradicted by the raw data", async () => {
    resign(lossRun.runDir, ({ predicate }) => {
      for (const verdict of predicate.judgement.verdicts) verdict["status"] = "PROVEN";
      predicate.judgement["status"] = "PROVEN";
    });
    const result = await verified(lossRun.runDir);
    expect(result).toMatchObject({ outcome: "verdicts differ", exit: 10 });
    expect(problems(result)).toContain(
      'verdict integrity.no-lost-change: status: certified "PROVEN", recomputed "VIOLATED"',
    );
    expect(problems(result)).toContainEqual(
      expect.stringMatching(/^claim judgement\.status: certified "PROVEN", recomputed/),
    );
  });

  test.for([
    ["the machine", "environment.cpuCount", ["environment", "cpuCount"], 536],
    ["what it deviates from", "deviations.0", ["deviations"], []],
    ["how it ended", "run.ended", ["run", "ended"], "paused"],
    ["the evidence of a fault", "faults.0.evidence.0", ["faults", 0, "evidence"], ["none at all"]],
    ["what it certifies", "scope.certifies", ["scope", "certifies"], "Certifies everything."],
    ["the specification", "specification.isSpecified", ["specification", "isSpecified"], true],
  ] as const)("about %s is contradicted as well", async ([, about, path, value]) => {
    const { runDir } = await sealedRun({ events: journals.smokeJournal().all() });
    resign(runDir, ({ predicate }) => {
      put(predicate, path, value);
    });
    const result = await verified(runDir);
    expect(result.exit).toBe(10);
    expect(result.findings.map((finding) => finding.about)).toContain(about);
  });

  test("by leaving a verdict out, or inventing one", async () => {
    const { runDir } = await sealedRun();
    resign(runDir, ({ predicate }) => {
      const [first] = predicate.judgement.verdicts.splice(0, 1);
      predicate.judgement.verdicts.push({ ...first, id: "integrity.invented" });
    });
    const told = problems(await verified(runDir));
    expect(told).toContain("verdict integrity.no-lost-change: not certified, now PROVEN");
    expect(told).toContain("verdict integrity.invented: certified PROVEN, not judged now");
  });

  test("by listing other files than the manifest", async () => {
    const { runDir } = await sealedRun();
    resign(runDir, ({ subject }) => {
      subject.splice(
        subject.findIndex(({ name }) => name === "k6.ndjson"),
        1,
      );
    });
    const told = problems(await verified(runDir));
    expect(told).toContain(
      "certificate certificate.json: lists other files than the manifest it names",
    );
    expect(told).toContain("file k6.ndjson: is not in the certificate");
  });

  test("by naming a key that did not sign", async () => {
    const { runDir } = await sealedRun();
    resign(runDir, ({ predicate }) => {
      put(predicate, ["signer"], { keyid: SIGNER_B.keyid, publicKey: SIGNER_B.publicKey });
    });
    expect(problems(await verified(runDir))).toContain(
      `signature certificate.json: is not signed by the key it holds, ${SIGNER_B.keyid}`,
    );
  });

  test("by sealing a plan beside the journal that the run did not have", async () => {
    const { runDir } = await sealedRun();
    const plan = readFileSync(join(runDir, "plan.json"), "utf8").replace(
      '"seed": "1"',
      '"seed": "2"',
    );
    writeFileSync(join(runDir, "plan.json"), plan);
    expect(problems(await verified(runDir))).toContain(
      "file plan.json: is not what the journal was begun with",
    );
  });
});
