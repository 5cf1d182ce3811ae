/** Requirements: each absence is found, and all of them are named at once. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { memAvailableIn } from "../../../infra/machine.ts";
import {
  checkDisk,
  checkMemory,
  checkNode,
  checkPorts,
  goRequirement,
} from "../../../infra/requirement-checks.ts";
import { refuseMissing, type Requirement, summaryOf } from "../../../infra/requirements.ts";

const ok: Requirement = { id: "proc", status: "ok", detail: "fine" };
const warn: Requirement = { id: "venv", status: "warn", detail: "absent" };
const noGo: Requirement = { id: "go", status: "missing", detail: "not found", fix: "get go" };
const noMaven: Requirement = {
  id: "maven",
  status: "missing",
  detail: "not found",
  fix: "get mvn",
};

describe("refusing", () => {
  it("lists everything that is missing with its fix", () => {
    expect(() => {
      refuseMissing([ok, noGo, warn, noMaven]);
    }).toThrow(
      "2 requirements are missing; nothing was started.\n" +
        "  go: not found\n    fix: get go\n  maven: not found\n    fix: get mvn",
    );
  });

  it("lets warnings pass", () => {
    expect(() => {
      refuseMissing([ok, warn]);
    }).not.toThrow();
  });

  it("sums up in one line", () => {
    expect(summaryOf([ok, warn])).toBe("Ready to run: 1 ok, 1 to know, 0 missing.");
    expect(summaryOf([ok, noGo, noMaven])).toBe(
      "Not ready: 1 ok, 0 to know, 2 missing (go, maven).",
    );
  });
});

describe("judging", () => {
  it.each([
    ["v24.0.0", "ok"],
    ["v25.1.0", "ok"],
    ["v20.19.2", "missing"],
  ])("node %s: %s", (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });

  it.each([
    ["go1.26.8\nlocal", true, "ok"],
    ["go1.21.0\nauto", true, "ok"],
    ["go1.24.9\nlocal", true, "missing"],
    ["go1.19\n", true, "missing"],
    ["go1.19\n", false, "warn"],
    [undefined, true, "missing"],
    [undefined, false, "warn"],
  ])("go %j, needed %s: %s", (answer, needed, status) => {
    expect(goRequirement(answer, needed).status).toBe(status);
  });

  it("memory by what is available", async () => {
    expect(memAvailableIn("MemTotal: 9 kB\nMemAvailable:   2048 kB\n")).toBe(2 * 1024 * 1024);
    expect((await checkMemory(1)).status).toBe("ok");
    expect((await checkMemory(2 ** 60)).status).toBe("missing");
  });

  it("disk at the nearest directory that exists", async () => {
    const path = "/tmp/lakeproof-none/at/all";
    expect((await checkDisk("disk-cache", path, "X", 1)).status).toBe("ok");
    expect(await checkDisk("disk-cache", path, "X", 2 ** 60)).toMatchObject({
      status: "missing",
      fix: expect.stringContaining("export X=") as string,
    });
  });

  it("ports by listening on them", async () => {
    const host = "127.201.77.2";
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    const need = { instanceId: "kafka-1", host, port };
    expect(await checkPorts([need])).toMatchObject([
      {
        id: `port-kafka-1-${String(port)}`,
        status: "missing",
        detail: `${host}:${String(port)} is in use`,
      },
    ]);
    await new Promise((resolve) => server.close(resolve));
    expect(await checkPorts([need])).toMatchObject([{ id: "ports", status: "ok" }]);
  });
});
