/** `lakeproof lint`: targets, exit codes and output. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lint } from "../../../../cli/lint.ts";
import { host } from "../../../../core/host.ts";
import { SOUND } from "./system.ts";

let directory = "";
let printed = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lakeproof-lint-"));
  printed = "";
  vi.spyOn(host, "out").mockImplementation((text) => {
    printed += text;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

function put(path: string, text: string): string {
  const full = join(directory, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, text);
  return full;
}

describe("targets", () => {
  test("a file with an error: 10, and the finding with all its parts", () => {
    const file = put("worker.properties", "offset.storage.topic=o\nsession.timeout.ms=10000\n");
    expect(lint({ target: file, json: false })).toBe(10);
    expect(printed).toContain("ERRORS");
    expect(printed).toContain("connect-rebalance  worker.properties");
    expect(printed).toContain("scheduled.rebalance.max.delay.ms: not set (default 300000)");
    expect(printed).toContain("→ Set scheduled.rebalance.max.delay.ms to 1000");
    expect(printed).toMatch(/1 error, 1 warning, 0 notes; \d+ rules applied, \d+ had nothing/);
  });

  test("a directory is read with everything below it, but what others bring along", () => {
    put("a/server.properties", "process.roles=broker\nunclean.leader.election.enable=true\n");
    put("node_modules/x/server.properties", "process.roles=broker\n");
    put("a/notes.txt", "nothing");
    put("a/app.yaml", "services: {}\n");
    expect(lint({ target: directory, json: true })).toBe(10);
    const { findings, unread } = JSON.parse(printed) as {
      findings: { rule: string; file: string }[];
      unread: string[];
    };
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: "kafka-unclean-election", file: "a/server.properties" }),
    );
    expect(unread).toEqual(["a/app.yaml: YAML, but neither Flink, Patroni nor Prometheus"]);
  });

  test("linked files are read, linked directories are not followed", () => {
    const file = put("real/server.properties", "process.roles=broker\nbroker.id=1\n");
    mkdirSync(join(directory, "mounted"));
    symlinkSync(file, join(directory, "mounted", "server.properties"));
    symlinkSync(directory, join(directory, "mounted", "again"));
    symlinkSync(join(directory, "gone"), join(directory, "mounted", "gone.properties"));
    lint({ target: join(directory, "mounted"), json: true });
    const { findings } = JSON.parse(printed) as { findings: { file: string; alsoIn: string[] }[] };
    expect(new Set(findings.flatMap(({ file, alsoIn }) => [file, ...alsoIn]))).toEqual(
      new Set(["server.properties"]),
    );
  });

  test("what cannot be read is said", () => {
    const file = put("server.properties", "process.roles=broker\n");
    expect(() => lint({ target: join(file, "below"), json: false })).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });

  test("a sound directory has no error: 0", () => {
    // Seven days do not fit the specified disks at the specified rate, to which files are held.
    for (const { file, text } of SOUND) put(file, text.replace('"604800000"', '"43200000"'));
    expect(lint({ target: directory, json: false })).toBe(0);
    expect(printed).toContain("0 errors");
    expect(printed).toContain("held to 100,000 events/s, 100 queries/s and 1,000 users");
  });

  test("the specification: 10", () => {
    expect(lint({ target: "seed", json: false })).toBe(10);
    expect(printed).toContain("$14,500");
  });

  test("a topology", () => {
    expect([0, 10]).toContain(lint({ target: "dev", json: true }));
    expect(JSON.parse(printed)).toMatchObject({
      schema: "lakeproof.lint/1",
      target: "dev",
      demand: { rateEventsPerS: 1000 },
      targets: { freshnessMs: 30_000 },
      counts: { error: expect.any(Number) as number },
      applied: expect.arrayContaining(["kafka-min-isr"]) as string[],
    });
  });

  test("none of these: usage error with the nearest name", () => {
    expect(() => lint({ target: "sead", json: false })).toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: 'There is no topology, file or directory "sead".',
        hint: expect.stringContaining("Did you mean seed? Topologies are broker, dev") as string,
      }),
    );
  });

  test("nothing that could be judged is no pass", () => {
    const file = put("app.yaml", "services: {}\n");
    expect(() => lint({ target: file, json: false })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    expect(printed).toBe("");
  });
});
