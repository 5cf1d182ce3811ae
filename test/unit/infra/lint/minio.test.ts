/** Erasure sets as MinIO makes them of a command line. */
import { describe, expect, test } from "vitest";
import { poolsOf } from "../../../../infra/lint/parse/minio.ts";
import { erasureOf } from "../../../../infra/lint/rules/minio.ts";

function erasureOfVolumes(volumes: readonly string[], env: Record<string, string> = {}): unknown {
  const server = { file: "f", volumes, env };
  return poolsOf(volumes).map((pool) => erasureOf(server, pool));
}

describe("the specification's eight nodes of eight drives", () => {
  test("as one pool: four sets of 16 at EC:4, three quarters usable, two nodes may go", () => {
    expect(erasureOfVolumes(["http://minio{1...8}/data{1...8}"])).toEqual([
      {
        hostCount: 8,
        setSize: 16,
        setCount: 4,
        parity: 4,
        usableRatio: 0.75,
        readLoss: 4,
        writeLoss: 4,
        readHosts: 2,
        writeHosts: 2,
      },
    ]);
  });

  test("as two pools of four: one node of each", () => {
    const volumes = ["http://minio{1...4}/data{1...8}", "http://minio{5...8}/data{1...8}"];
    expect(erasureOfVolumes(volumes)).toMatchObject([
      { setSize: 16, parity: 4, writeHosts: 1 },
      { setSize: 16, parity: 4, writeHosts: 1 },
    ]);
  });

  test("listed node after node, a set holds two whole nodes and none may go", () => {
    const volumes = Array.from(
      { length: 16 },
      (_, index) => `http://minio${String(Math.floor(index / 8))}/data${String(index % 8)}`,
    );
    expect(erasureOfVolumes(volumes)).toMatchObject([{ setSize: 16, readHosts: 0 }]);
  });
});

test("parity that is stated wins over the default", () => {
  const env = { MINIO_STORAGE_CLASS_STANDARD: "EC:2" };
  expect(erasureOfVolumes(["http://m{1...8}/d{1...2}"], env)).toMatchObject([
    { parity: 2, usableRatio: 0.875, writeHosts: 1 },
  ]);
});

test("half of a set as parity: writes need one drive more than reads", () => {
  expect(erasureOfVolumes(["http://m{1...4}/d"])).toMatchObject([
    { setSize: 4, parity: 2, readLoss: 2, writeLoss: 1, readHosts: 2, writeHosts: 1 },
  ]);
});

test("ranges count up with letters and leading zeros", () => {
  expect(poolsOf(["http://m{01...03}/disk{a...b}"])[0]?.map(({ host }) => host)).toEqual([
    ...["m01", "m02", "m03", "m01", "m02", "m03"],
  ]);
});
