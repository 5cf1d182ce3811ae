/** The commands of docs/certificate.md, run as they stand there: other tools come to the same answer. */
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { keyidOf, openSigner, readPublicKey } from "../../../cli/certificate/key.ts";
import { newDirectory, removeMade, sealedRun } from "../../fixtures/run-directory.ts";

const TOOLS = ["bash", "base64", "jq", "openssl", "sha256sum"];
const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);

afterAll(removeMade);

/** The block of the page that has all of the words, without its change of directory. */
function commands(...words: readonly string[]): string {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/certificate.md"), "utf8");
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  const found = blocks.find((block) => words.every((word) => block.includes(word)));
  return `set -euo pipefail\n${(found ?? "exit 99").replace(/^cd .*$/m, "")}`;
}

const VERIFY = commands("openssl pkeyutl -verify", "sha256sum --check");

function shell(script: string, directory: string): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, TMPDIR: newDirectory("other-tools") },
  });
  return { code: status, output: stdout + stderr };
}

test("sha256sum, jq and OpenSSL find a sealed run genuine", async (context) => {
  context.skip(missing.length > 0, `not on this machine: ${missing.join(", ")}`);
  const { runDir } = await sealedRun();
  const { code, output } = shell(VERIFY, runDir);
  expect(output).toContain("Signature Verified Successfully");
  expect(output).toContain("exactly this machine and nothing more");
  expect(code).toBe(0);
});

test("they refuse a changed file and a changed certificate", async (context) => {
  context.skip(missing.length > 0, `not on this machine: ${missing.join(", ")}`);
  const { runDir } = await sealedRun();
  const path = join(runDir, "certificate.json");
  const text = readFileSync(path, "utf8");
  // One character of the payload: still base64, still JSON, another statement.
  writeFileSync(
    path,
    text.replace(/(?<="payload":".{40})./, (one) => (one === "A" ? "B" : "A")),
  );
  expect(readFileSync(path, "utf8")).not.toBe(text);
  expect(shell(VERIFY, runDir).code).not.toBe(0);
  const other = await sealedRun();
  appendFileSync(join(other.runDir, "k6.ndjson"), "{}\n");
  expect(shell(VERIFY, other.runDir)).toMatchObject({
    code: 1,
    output: expect.stringContaining("k6.ndjson: FAILED") as string,
  });
});

test("keys made as the page says are taken", (context) => {
  context.skip(missing.length > 0, `not on this machine: ${missing.join(", ")}`);
  const directory = newDirectory("keys");
  const { code, output } = shell(commands("openssl genpkey", "-pubout"), directory);
  expect(code).toBe(0);
  const { keyid } = openSigner(join(directory, "release.pem"));
  expect(output).toContain(keyid);
  expect(keyidOf(readPublicKey(join(directory, "release.pub.pem")))).toBe(keyid);
});
