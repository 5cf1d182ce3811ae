/** Which start of a JVM writes down its classes, which maps them, and which does neither. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  archiveKeyOf,
  javaProgramOf,
  openClassArchives,
  PLAIN,
} from "../../../infra/class-archives.ts";

let dir = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lakeproof-classes-"));
  for (const path of ["jdk/bin", "jdk/lib/server", "jars"]) {
    mkdirSync(join(dir, path), { recursive: true });
  }
  writeFileSync(join(dir, "jdk/bin/java"), "");
  writeFileSync(join(dir, "jdk/lib/server/libjvm.so"), "a virtual machine");
  writeFileSync(join(dir, "jars/one.jar"), "1");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

const argv = (): readonly string[] => [
  ...[join(dir, "jdk/bin/java"), "-Xmx64m", "-cp", join(dir, "jars/*")],
  ...["kafka.Kafka", "server.properties"],
];

const kept = (): readonly string[] =>
  readdirSync(join(dir, "classes"))
    .map((name) => name.replace(/^.*\./, ""))
    .sort();

describe("a command line", () => {
  it("is a program where it has a class path and a main class", () => {
    expect(javaProgramOf(argv())).toEqual({
      java: join(dir, "jdk/bin/java"),
      classPath: join(dir, "jars/*"),
      mainClass: "kafka.Kafka",
    });
  });

  it.each([
    [["/usr/bin/redis-server", "redis.conf"]],
    [["/jdk/bin/java", "-jar", "metabase.jar"]],
    [["/usr/bin/python3", "-cp", "x", "y"]],
    [[]],
  ])("%j is none", (other) => {
    expect(javaProgramOf(other)).toBeUndefined();
    expect(openClassArchives(dir).optionsFor(other)).toBe(PLAIN);
  });

  it("has another name as soon as a jar or the JVM is another", () => {
    const program = javaProgramOf(argv());
    if (program === undefined) throw new Error("no program");
    const before = archiveKeyOf(program);
    expect(before).toMatch(/^Kafka-[0-9a-f]{16}$/);
    writeFileSync(join(dir, "jars/two.jar"), "2");
    const withTwo = archiveKeyOf(program);
    expect(withTwo).not.toBe(before);
    writeFileSync(join(dir, "jdk/lib/server/libjvm.so"), "a virtual machine, patched");
    expect(archiveKeyOf(program)).not.toBe(withTwo);
  });
});

describe("starts", () => {
  it("the first writes down, a second beside it does not, one after it has to wait for the archive", () => {
    const archives = openClassArchives(dir);
    const first = archives.optionsFor(argv());
    expect(first.options).toEqual([expect.stringMatching(/^-XX:DumpLoadedClassList=.*\.part$/)]);
    expect(archives.optionsFor(argv())).toBe(PLAIN);
    writeFileSync(join(dir, "classes", `${first.key ?? ""}.part`), "java/lang/Object\n");
    archives.recorded(first);
    expect(kept()).toEqual(["json", "lst"]);
    expect(archives.optionsFor(argv())).toBe(PLAIN);
  });

  it("map the archive where there is one, and never again after one died of it", () => {
    const archives = openClassArchives(dir);
    const { key = "" } = archives.optionsFor(argv());
    const archive = join(dir, "classes", `${key}.jsa`);
    writeFileSync(archive, "");
    const start = archives.optionsFor(argv());
    expect(start).toEqual({ options: [`-XX:SharedArchiveFile=${archive}`], key });
    archives.distrust(start);
    expect(archives.optionsFor(argv())).toBe(PLAIN);
    expect(kept()).toEqual(["bad", "json"]);
  });

  it("one that wrote nothing down lets the next one try", () => {
    const archives = openClassArchives(dir);
    archives.recorded(archives.optionsFor(argv()));
    expect(archives.optionsFor(argv()).recording).toBe(true);
  });

  it("are as they always were where nobody wants archives, or the cache cannot be written", () => {
    vi.stubEnv("LAKEPROOF_CLASS_ARCHIVES", "off");
    expect(openClassArchives(dir).optionsFor(argv())).toBe(PLAIN);
    vi.unstubAllEnvs();
    writeFileSync(join(dir, "file"), "");
    expect(openClassArchives(join(dir, "file")).optionsFor(argv())).toBe(PLAIN);
  });
});

describe("making", () => {
  const signal = new AbortController().signal;
  const made = (): Promise<readonly string[]> =>
    openClassArchives(dir).make(signal, () => undefined);

  async function list(): Promise<void> {
    const archives = openClassArchives(dir);
    const start = archives.optionsFor(argv());
    writeFileSync(join(dir, "classes", `${start.key ?? ""}.part`), "java/lang/Object\n");
    archives.recorded(start);
    await Promise.resolve();
  }

  it("nothing of nothing", async () => {
    expect(await made()).toEqual([]);
  });

  it("is not tried again where it failed: this java is none", async () => {
    await list();
    expect(await made()).toEqual([]);
    expect(kept()).toEqual(["bad", "json"]);
  });

  it("forgets a list whose jars are others now", async () => {
    await list();
    writeFileSync(join(dir, "jars/two.jar"), "2");
    expect(await made()).toEqual([]);
    expect(kept()).toEqual([]);
  });
});
