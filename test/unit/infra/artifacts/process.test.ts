/** Client commands: what is kept of their output, and that nothing of theirs outlives an abort. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { runCommand, TAIL_LINE_COUNT } from "../../../../infra/artifacts/process.ts";
import { runClient } from "../../../../infra/artifacts/run-client.ts";
import { processFacts } from "../../../../infra/drivers/processes.ts";

const never = new AbortController().signal;
const options = { signal: never, timeoutMs: 30_000 };

describe("runCommand", () => {
  it("keeps the last 50 lines and the exit code", async () => {
    const result = await runCommand(["sh", "-c", "seq 1 120; printf end; exit 3"], options);
    expect(result.exitCode).toBe(3);
    expect(result.tail).toHaveLength(TAIL_LINE_COUNT);
    expect(result.tail.at(-1)).toBe("end");
    expect(result.tail[0]).toBe("72");
  });

  it("names a program that is not there and how to find the fix", async () => {
    const error = await runCommand(["lakeproof-no-such-tool"], options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(LakeproofError);
    expect(error).toMatchObject({
      code: "ARTIFACT_FAILED",
      hint: expect.stringContaining("lakeproof doctor") as string,
    });
  });

  it("ends what takes too long, with its output", async () => {
    const slow = runCommand(["sh", "-c", "echo begun; exec sleep 600"], {
      ...options,
      timeoutMs: 500,
    });
    await expect(slow).rejects.toThrow(/did not end within[^]*begun/);
  });

  it("ends the whole group when aborted", async () => {
    const dir = await mkdtemp(join(tmpdir(), "lakeproof-process-"));
    const pidFile = join(dir, "pid");
    const stop = new AbortController();
    const script = 'sleep 600 & echo $! > "$0.new"; mv "$0.new" "$0"; wait';
    const running = runCommand(["sh", "-c", script, pidFile], { ...options, signal: stop.signal });
    const grandchild = Number(await vi.waitFor(() => readFileSync(pidFile, "utf8"), 10_000));
    expect(processFacts(grandchild)?.groupId).toBeGreaterThan(0);
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(processFacts(grandchild)?.state ?? "gone").toMatch(/^(gone|Z)$/);
    await rm(dir, { recursive: true });
  });

  it("refuses to start when already aborted", async () => {
    const gone = AbortSignal.abort(new Error("before"));
    await expect(runCommand(["true"], { ...options, signal: gone })).rejects.toThrow("before");
  });
});

describe("runClient", () => {
  const log: string[] = [];
  let workDir = "";
  const context = (): Parameters<typeof runClient>[2] => ({
    name: "kafka",
    mark: "none",
    workDir,
    signal: never,
    log: (line: string) => void log.push(line),
  });

  beforeEach(async () => {
    log.length = 0;
    workDir = await mkdtemp(join(tmpdir(), "lakeproof-client-"));
  });
  afterEach(async () => {
    await rm(workDir, { recursive: true });
  });

  it("fails with the artifact, the command, its last lines and a hint", async () => {
    const argv = ["sh", "-c", "seq 1 60; echo no route; exit 7"];
    const error = await runClient("maven", argv, context(), options).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "ARTIFACT_FAILED",
      message: expect.stringMatching(
        /^Artifact kafka: `sh .*` ended with exit code 7\.\n12\n[^]*no route$/,
      ) as string,
      hint: expect.stringContaining("Maven") as string,
    });
    expect(log).toEqual([`kafka: $ ${argv.join(" ")}`]);
  });

  // Go ignores the go.mod of a folder that is the system's temporary folder: every build from nothing would fail.
  it("lets Go see the module in the folder it works in", async () => {
    await writeFile(join(workDir, "go.mod"), "module lakeproof.example\n");
    const go = await runClient("go", ["go", "env", "GOMOD"], context(), {
      cwd: workDir,
      timeoutMs: 30_000,
    });
    expect(go.tail).toEqual([join(workDir, "go.mod")]);
  });
});
