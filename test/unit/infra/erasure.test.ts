/** Erasure sets as MinIO's documentation lists them, and what may be lost of them. */
import { expect, test } from "vitest";
import {
  defaultParityOf,
  evenPool,
  hostsThatMayGo,
  setDriveCountOf,
  writeLossOf,
} from "../../../infra/erasure.ts";

test.for([
  [3, 4, 12],
  [5, 4, 10],
  [4, 4, 16],
  [8, 8, 16],
  [9, 8, 9],
  [10, 3, 10],
  [1, 1, 1],
  [16, 2, 16],
  [17, 1, 1],
] as const)("%i nodes of %i drives make sets of %i", ([nodes, drives, setDriveCount]) => {
  expect(setDriveCountOf(nodes * drives, nodes)).toBe(setDriveCount);
});

test("default parity by drives in a set", () => {
  const parities = Array.from({ length: 16 }, (_, index) => defaultParityOf(index + 1));
  expect(parities).toEqual([0, 1, 1, 2, 2, 3, 3, ...Array.from({ length: 9 }, () => 4)]);
});

test("half of a set as parity: writes bear one drive less", () => {
  expect([writeLossOf(4, 2), writeLossOf(8, 4), writeLossOf(9, 4), writeLossOf(16, 4)]).toEqual([
    ...[1, 3, 4, 4],
  ]);
  expect(writeLossOf(1, 0)).toBe(0);
});

test("the worst set decides", () => {
  const even = evenPool(4, 1);
  const uneven = ["a", "a", "b", "c"].map((host) => ({ host }));
  expect(hostsThatMayGo([...even, ...even], 4, 2)).toBe(2);
  expect(hostsThatMayGo([...even, ...uneven], 4, 2)).toBe(1);
});
