/** Coordinator and agents as processes on this machine: who is let in, when they start, and that none is left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentCommand } from "../../../../cli/agents/commands.ts";
import { AgentCrew, type CrewOptions } from "../../../../cli/agents/crew.ts";
import { AGENT_SCHEMA } from "../../../../cli/agents/protocol.ts";
import { VERSION } from "../../../../cli/version.ts";
import type { Json } from "../../../../core/contracts/values.ts";
import { LakeproofError } from "../../../../core/errors.ts";
import { host } from "../../../../core/host.ts";

const PEER = resolve(import.meta.dirname, "../../../fixtures/agent-peer.ts");
const MS_MAX = 20_000;

let pids: number[] = [];

afterEach(() => {
  expect(pids.filter(isAlive)).toEqual([]);
  pids = [];
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function peers(count: number): AgentCommand[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `agent ${String(index + 1)}`,
    argv: [process.execPath, PEER],
  }));
}

/** A program of a few lines in an agent's place. */
function program(text: string): AgentCommand {
  return { name: "agent 9", argv: [process.execPath, "--input-type=module", "-e", text] };
}

function does(...what: readonly string[]): Json[] {
  return what.map((one, part) => ({ part, does: one }));
}

function gather(
  options: Partial<CrewOptions> & Pick<CrewOptions, "commands" | "jobs">,
): Promise<AgentCrew> {
  return AgentCrew.gather({
    ...{ work: "test", readyMsMax: MS_MAX, signal: AbortSignal.timeout(60_000) },
    ...options,
    problemOf: (facts) => {
      pids.push((facts as { readonly pid: number }).pid);
      return options.problemOf?.(facts);
    },
  });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LakeproofError);
  if (!(error instanceof LakeproofError)) return "";
  expect(error).toMatchObject({ code: "AGENT_REFUSED", exitCode: 2 });
  return error.message;
}

describe("agents that are let in", { timeout: 60_000 }, () => {
  it("start at one instant and give their results in their order", async () => {
    const events: { readonly agent: number; readonly startedMonotonicMs: number }[] = [];
    await using crew = await gather({
      ...{ commands: peers(3), jobs: does("count", "count", "count") },
      onEvent: (agent, body) => {
        events.push({ agent, ...(body as { readonly startedMonotonicMs: number }) });
      },
    });
    const { startMonotonicMs, startEpochMs } = crew.start();
    const ends = await crew.ends(MS_MAX);
    expect(ends.map(({ name }) => name)).toEqual(["agent 1", "agent 2", "agent 3"]);
    expect(ends.map(({ result }) => result)).toEqual(
      [0, 1, 2].map((part) => ({ part, startEpochMs, finished: false })),
    );
    // The order is a second ahead; a busy machine may still be late.
    expect(Math.max(...ends.map(({ startLateMs }) => startLateMs))).toBeLessThan(3000);
    // One machine, one clock: the comparison may be off by its own error, and a timer by its turn.
    for (const { agent, startedMonotonicMs } of events) {
      const errorMs = ends[agent]?.clockErrorMs ?? 0;
      expect(startedMonotonicMs).toBeGreaterThanOrEqual(startMonotonicMs - errorMs - 2);
      expect(startedMonotonicMs).toBeLessThan(startMonotonicMs + errorMs + 5000);
    }
    expect(events).toHaveLength(3);
  });

  it("are ended together when one is lost, and it is named", async () => {
    await using crew = await gather({ commands: peers(2), jobs: does("die", "wait") });
    const { startEpochMs } = crew.start();
    const [dead, other] = await crew.ends(MS_MAX);
    expect(dead?.lost).toMatch(/^agent 1 ended \(SIGKILL\)/);
    expect(dead?.result).toBeUndefined();
    expect(other?.result).toEqual({ part: 1, startEpochMs, finished: true });
  });

  it("are ended together when one has nothing to say in time", async () => {
    await using crew = await gather({ commands: peers(2), jobs: does("count", "wait") });
    crew.start();
    const [, late] = await crew.ends(3000);
    expect(late?.lost).toMatch(/^agent 2 did not answer within 3 s/);
  });

  it("are lost when they fall silent", async () => {
    await using crew = await gather({ commands: peers(2), jobs: does("wait", "wait") });
    crew.start();
    const [stopped = 0] = pids;
    process.kill(stopped, "SIGSTOP");
    try {
      const ends = await crew.ends(50_000);
      expect(ends.flatMap(({ lost }) => lost ?? [])).toEqual([
        expect.stringMatching(/^agent [12] was silent for 10 s\.$/),
      ]);
      expect(ends.flatMap(({ result }) => result ?? [])).toMatchObject([{ finished: true }]);
    } finally {
      process.kill(stopped, "SIGCONT");
    }
  });

  it("are gone when the operator stops the load", async () => {
    const stop = new AbortController();
    const reason = new LakeproofError("INTERRUPTED", "Stopped by SIGINT.", { hint: "Again." });
    const loading = (async () => {
      await using crew = await gather({
        ...{ commands: peers(2), jobs: does("wait", "wait"), signal: stop.signal },
      });
      crew.start();
      setTimeout(() => {
        stop.abort(reason);
      }, 1500);
      await crew.ends(MS_MAX);
    })();
    await expect(loading).rejects.toBe(reason);
    expect(pids).toHaveLength(2);
  });
});

describe("agents that are refused", { timeout: 60_000 }, () => {
  const hello = { kind: "hello", schema: AGENT_SCHEMA, version: VERSION, work: "test" };
  const line = (report: object): string =>
    `console.log(${JSON.stringify(JSON.stringify(report))});`;

  it("are all named at once, and the others are ended", async () => {
    const nowhere = { name: "agent 8", argv: ["/nowhere/ssh", "load1"] };
    const dumb = program('console.error("lakeproof: command not found"); process.exitCode = 127;');
    const message = await refusal(
      gather({ commands: [...peers(1), nowhere, dumb], jobs: does("wait", "wait", "wait") }),
    );
    expect(message).toMatch(/agent 8 could not be started: .*ENOENT/);
    expect(message).toMatch(/agent 9 ended \(exit code 127\): lakeproof: command not found/);
    expect(message).not.toMatch(/agent 1/);
  });

  it("are refused for another version", async () => {
    const other = program(`${line({ ...hello, version: "0.0.0-other" })} process.stdin.resume();`);
    const message = await refusal(gather({ commands: [other], jobs: does("wait") }));
    expect(message).toBe(
      `agent 9 is refused: it is lakeproof 0.0.0-other, and this is ${VERSION}.`,
    );
  });

  it("are refused for another clock, whatever a login shell says before", async () => {
    const behind = program(`
      import { createInterface } from "node:readline";
      console.log("Last login: yesterday");
      ${line(hello)}
      createInterface({ input: process.stdin }).on("line", (text) => {
        const order = JSON.parse(text);
        if (order.kind !== "ping") return;
        const monotonicMs = Number(process.hrtime.bigint()) / 1e6;
        console.log(JSON.stringify({ kind: "pong", id: order.id, monotonicMs, epochMs: Date.now() - 5000 }));
      });`);
    const message = await refusal(gather({ commands: [behind], jobs: does("wait") }));
    expect(message).toMatch(/agent 9 is refused: its clock is (4999|5000|5001) ms behind/);
  });

  it("are refused for another plan, and for a job they cannot do", async () => {
    const problemOf = (): string => "it has another plan";
    const planned = gather({ commands: peers(1), jobs: does("count"), problemOf });
    expect(await refusal(planned)).toBe("agent 1 is refused: it has another plan.");
    const message = await refusal(gather({ commands: peers(2), jobs: does("wait", "refuse") }));
    expect(message).toMatch(/^agent 2 ended \(exit code 1\): part 1 is not mine/);
  });
});

describe("an agent", { timeout: 30_000 }, () => {
  it("ends when its coordinator is gone in the middle of the work", async () => {
    const child = spawn(process.execPath, [PEER], { stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const say = (order: object): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
    say({ kind: "job", job: { part: 0, does: "wait" } });
    say({ kind: "start", atMonotonicMs: host.monotonicMs(), atEpochMs: host.epochMs() });
    await expect.poll(() => out, { timeout: 10_000 }).toContain('"kind":"event"');
    child.stdin.end();
    expect(await once(child, "close")).toEqual([143, null]);
    expect(out).not.toContain('"kind":"ended"');
  });
});
