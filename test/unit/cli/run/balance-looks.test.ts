import { expect, test } from "vitest";
import { differences } from "../../../../cli/run/balance-looks.ts";

const EXPECTED = [
  { lane: 0, balanceSum: "10000000000000" },
  { lane: 1, balanceSum: "500" },
];

test("sums that are the constant do not differ, in whatever order they come", () => {
  expect(differences(EXPECTED, [...EXPECTED].reverse())).toEqual([]);
});

test("one leg without the other is a difference to the cent, without its sign", () => {
  const seen = [
    { lane: 0, balanceSum: "10000000000001" },
    { lane: 1, balanceSum: "350" },
  ];
  expect(differences(EXPECTED, seen)).toEqual([
    { lane: 0, cents: 1n },
    { lane: 1, cents: 150n },
  ]);
});

test("a lane of which the lake shows nothing holds nothing", () => {
  expect(differences(EXPECTED, EXPECTED.slice(0, 1))).toEqual([{ lane: 1, cents: 500n }]);
});
