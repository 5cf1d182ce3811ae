/** An inventory is read whole or refused with everything that is wrong with it. */
import { describe, expect, test } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { exampleNodes, inventoryText } from "../../../../infra/spec/example.ts";
import { parseInventory } from "../../../../infra/spec/inventory.ts";

const GOOD = {
  name: "k0",
  role: "kafka-broker",
  cores: 8,
  memoryGiB: 32,
  disks: [{ sizeGB: 4000, kind: "ssd" }],
  nicGbps: 10,
  address: "10.0.0.1",
};

function fileOf(...nodes: readonly unknown[]): string {
  return JSON.stringify({ schema: "lakeproof.inventory/1", nodes });
}

/** The lines of the refusal, without the first, which counts them. */
function problemsOf(content: string): readonly string[] {
  try {
    parseInventory(content, "lab.json");
  } catch (error) {
    expect(error).toBeInstanceOf(LakeproofError);
    const { code, exitCode, message, hint } = error as LakeproofError;
    expect([code, exitCode]).toEqual(["CONFIG_INVALID", 2]);
    expect(hint).toContain("lakeproof preflight --example");
    const [head, ...lines] = message.split("\n");
    const many = lines.length === 1 ? "1 problem" : `${String(lines.length)} problems`;
    expect(head).toBe(`${many} in lab.json; nothing was compared.`);
    return lines.map((line) => line.trim());
  }
  throw new Error("It was not refused.");
}

test("the example is read back as it was made", () => {
  expect(parseInventory(inventoryText(exampleNodes()), "example")).toEqual(exampleNodes());
});

test("a disk without a count is one disk, and the system may be told", () => {
  const [node] = parseInventory(fileOf({ ...GOOD, os: "Debian 13", kernel: "6.12" }), "lab.json");
  expect(node?.disks).toEqual([{ sizeGB: 4000, kind: "ssd", count: 1 }]);
  expect(node?.os).toBe("Debian 13");
});

test("every problem is told at once, with the name of the node", () => {
  const { memoryGiB, ...rest } = GOOD;
  const problems = problemsOf(
    JSON.stringify({
      schema: "lakeproof.inventory/9",
      nodes: [
        { ...GOOD, role: "kafka-brocker", cores: 8.5, memoryGiB: 0, nicGbps: "25" },
        { ...rest, memoryGB: memoryGiB, disks: [{ sizeGB: 4000, kind: "nvm", count: 0 }] },
        7,
      ],
    }),
  );
  expect(problems).toEqual([
    'schema: is "lakeproof.inventory/9"; it must be "lakeproof.inventory/1"',
    'nodes[0].role of k0: there is no role "kafka-brocker"; did you mean "kafka-broker"?',
    "nodes[0].cores of k0: is 8.5; it must be a whole number above 0",
    "nodes[0].memoryGiB of k0: is 0; it must be a number above 0",
    'nodes[0].nicGbps of k0: is "25"; it must be a number above 0',
    "nodes[1].memoryGiB of k0: is missing; it is a number above 0",
    'nodes[1].disks[0].kind of k0: there is no kind of disk "nvm"; did you mean "nvme"?',
    "nodes[1].disks[0].count of k0: is 0; it must be a whole number above 0",
    'nodes[1] of k0: "memoryGB" is not known; did you mean "memoryGiB"?',
    "nodes[2]: is 7; it must be an object with name, role, cores, memoryGiB, disks, nicGbps and address",
    'nodes[0], nodes[1]: all have the name "k0"; each node is a machine of its own',
    'nodes[0], nodes[1]: all have the address "10.0.0.1"; each node is a machine of its own',
  ]);
});

test.for([
  ["broker", "kafka-broker"],
  ["postgres", "postgres-primary"],
  ["Worker", "trino-worker"],
  ["MinIO", "minio"],
  ["reddis", "redis"],
  ["flink-taskmanger", "flink-taskmanager"],
] as const)("a role called %s is answered with %s", ([role, nearest]) => {
  const [problem] = problemsOf(fileOf({ ...GOOD, role }));
  expect(problem).toContain(`did you mean "${nearest}"?`);
});

describe("is refused", () => {
  test.for([
    ["a list", "[]", "the file: is []; it must be an object with schema and nodes"],
    ["nothing", "null", "the file: is null; it must be an object with schema and nodes"],
    ["no node", fileOf(), "nodes: names no node"],
    [
      "an empty name",
      fileOf({ ...GOOD, name: " " }),
      /^nodes\[0\]\.name: is ""; it must be a text/,
    ],
    ["a role that is no text", fileOf({ ...GOOD, role: 3 }), /role of k0: is 3; it must be a text/],
    [
      "no role",
      fileOf({ ...GOOD, role: undefined }),
      /role of k0: is missing; it is one of postgres/,
    ],
    [
      "a negative size",
      fileOf({ ...GOOD, disks: [{ sizeGB: -1, kind: "ssd" }] }),
      /is -1; it must/,
    ],
    [
      "a count no server has",
      fileOf({ ...GOOD, disks: [{ sizeGB: 1, kind: "ssd", count: 1e9 }] }),
      /1024 at most/,
    ],
    ["disks that are no list", fileOf({ ...GOOD, disks: "x".repeat(9999) }), /^.{1,200}$/],
    ["what is not JSON", "nodes:\n  - name: k0", /^it is not JSON: /],
    ["what is cut off", '{ "nodes": [\n', /^it is not JSON: /],
  ] as const)("%s", ([, content, expected]) => {
    const problems = problemsOf(content);
    expect(problems).toHaveLength(1);
    if (typeof expected === "string") expect(problems[0]).toBe(expected);
    else expect(problems[0]).toMatch(expected);
  });
});
