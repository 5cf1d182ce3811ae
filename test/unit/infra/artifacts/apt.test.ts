/** Packages: what is asked of apt, what is taken of its plan, and how a program is started out of the tree. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  aptConfig,
  packageInFile,
  plannedPackages,
  startScript,
  versionFits,
  wantedOf,
} from "../../../../infra/artifacts/apt.ts";
import { runCommand } from "../../../../infra/artifacts/process.ts";

const PLAN = [
  "NOTE: This is only a simulation!",
  "Inst adduser (3.134 Debian:12.11/stable [all])",
  "Inst libc6 [2.36-9+deb12u10] (2.36-9+deb12u13 Debian-Security:12/stable-security [amd64])",
  "Inst libjs-jquery (3.6.1 Debian:12.11/stable [all])",
  "Inst libjemalloc2 (5.3.0-1 Debian:12.11/stable [amd64])",
  "Inst libssl3 [3.0.16-1] (3.0.17-1 Debian:12.11/stable [amd64]) []",
  "Inst redis-tools (5:7.0.15-1~deb12u6 Debian:12.11/stable [amd64])",
  "Conf libjemalloc2 (5.3.0-1 Debian:12.11/stable [amd64])",
].join("\n");

describe("the plan of an installation", () => {
  it("is read with the versions that would come, not those that are there", () => {
    expect(plannedPackages(PLAN).map(({ name, version }) => `${name} ${version}`)).toEqual([
      "adduser 3.134",
      "libc6 2.36-9+deb12u13",
      "libjs-jquery 3.6.1",
      "libjemalloc2 5.3.0-1",
      "libssl3 3.0.17-1",
      "redis-tools 5:7.0.15-1~deb12u6",
    ]);
  });

  it("yields what was wanted and libraries, but never the loader's own", () => {
    expect(wantedOf(["redis-server", "redis-tools"], plannedPackages(PLAN))).toEqual([
      "redis-server",
      "libjemalloc2=5.3.0-1",
      "libssl3=3.0.17-1",
      "redis-tools=5:7.0.15-1~deb12u6",
    ]);
  });

  it("that is empty yields a package that is installed all the same", () => {
    expect(wantedOf(["iproute2"], plannedPackages(""))).toEqual(["iproute2"]);
  });
});

describe("a package's file name", () => {
  it.each([
    ["etcd-server_3.4.23-4+b4_amd64.deb", { name: "etcd-server", version: "3.4.23-4+b4" }],
    [
      "redis-server_5%3a7.0.15-1~deb12u6_amd64.deb",
      { name: "redis-server", version: "7.0.15-1~deb12u6" },
    ],
    ["partial", undefined],
  ])("%s", (file, expected) => {
    expect(packageInFile(file)).toEqual(expected);
  });
});

describe("a version", () => {
  it.each([
    ["2.6.12-1+deb12u4", "2.6", true],
    ["2.6-1", "2.6", true],
    ["2.60.1", "2.6", false],
    ["12.6", "2.6", false],
    ["3.0.11", "2.6", false],
    ["6.1.0-3", "6", true],
  ])("%s for %s: %s", (version, prefix, fits) => {
    expect(versionFits(version, prefix)).toBe(fits);
  });
});

describe("apt's configuration", () => {
  const config = aptConfig("/some where/clients/apt");

  it("keeps everything apt writes below the client's directory", () => {
    const dirs = [...config.matchAll(/^Dir::\S+ "(.*)";$/gm)].map(([, value]) => value ?? "");
    expect(dirs.length).toBeGreaterThan(2);
    for (const dir of dirs.filter((value) => value.startsWith("/"))) {
      expect(dir).toMatch(/^\/some where\/clients\/apt/);
    }
  });

  it("runs none of the machine's hooks and takes nothing unsigned", () => {
    expect(config).toContain("#clear APT::Update::Post-Invoke;\n");
    expect(config).toContain("#clear APT::Update::Post-Invoke-Success;\n");
    expect(config).toContain('APT::Get::AllowUnauthenticated "false";');
  });
});

describe("the script that starts a program", () => {
  let tree: string;
  const run = async (env: Record<string, string> = {}): Promise<readonly string[]> => {
    const argv = [join(tree, "bin", "tell"), "one", "two words"];
    const options = { env, signal: new AbortController().signal, timeoutMs: 30_000 };
    return (await runCommand(argv, options)).stdout.trimEnd().split("\n");
  };

  beforeEach(async () => {
    tree = await mkdtemp(join(tmpdir(), "lakeproof apt-"));
    await mkdir(join(tree, "bin"));
    await mkdir(join(tree, "root/usr/sbin"), { recursive: true });
    const program = '#!/bin/sh\necho "$0"; echo "$$"; echo "$LD_LIBRARY_PATH"; echo "$2"\n';
    await writeFile(join(tree, "root/usr/sbin/tell"), program, { mode: 0o755 });
    await writeFile(join(tree, "bin/tell"), startScript("usr/sbin/tell", ["usr/lib/x", "lib"]));
    await chmod(join(tree, "bin/tell"), 0o755);
  });
  afterEach(() => rm(tree, { recursive: true }));

  it("finds program and libraries where the tree is now, and passes arguments on", async () => {
    const [program, , libraries, second] = await run({ LD_LIBRARY_PATH: "/mine" });
    expect(program).toBe(join(tree, "root/usr/sbin/tell"));
    expect(libraries).toBe(`${tree}/root/usr/lib/x:${tree}/root/lib:/mine`);
    expect(second).toBe("two words");
  });

  it("becomes the program: the process id is the one that was started", async () => {
    const script = await readFile(join(tree, "bin/tell"), "utf8");
    await writeFile(
      join(tree, "bin/tell"),
      script.replace("\n", () => "\necho $$\n"),
    );
    const [before, , after] = await run();
    expect(after).toBe(before);
  });

  it("leaves the library path alone where no library came along", () => {
    expect(startScript("usr/bin/etcd", [])).not.toContain("LD_LIBRARY_PATH");
  });
});
