import { expect, test } from "vitest";
import { ageText, DataAge } from "../../../../cli/run/data-age.ts";

const RATE_PER_S = 2;

function seen(canary: number, ageMs: number): Parameters<DataAge["follow"]>[0] {
  const intendedMs = 1_000 + canary * 500;
  return {
    atMs: intendedMs + ageMs,
    kind: "canary.seen",
    canary,
    table: "users",
    partition: canary,
    intendedMs,
    ackMs: intendedMs + 5,
    lastMissMs: intendedMs,
    visibleMs: intendedMs + ageMs,
  };
}

test("nothing is known before the first canary is read", () => {
  expect(new DataAge(RATE_PER_S).at(5_000)).toBeUndefined();
  expect(ageText(undefined)).toBe("–");
});

test("the age grows while no canary arrives", () => {
  const age = new DataAge(RATE_PER_S);
  age.follow(seen(0, 3_000));
  age.follow(seen(1, 2_500));
  expect(age.at(4_000)).toBe(2_500);
  expect(age.at(62_000)).toBe(60_000);
  expect(ageText(age.at(62_000))).toBe("60.0 s");
});

test("a partition that stands still is not hidden by those that go on", () => {
  const age = new DataAge(RATE_PER_S);
  age.follow(seen(0, 100));
  for (const canary of [2, 3, 4, 5]) age.follow(seen(canary, 100));
  expect(age.at(21_500)).toBe(20_000);
  age.follow(seen(1, 20_000));
  expect(age.at(21_500)).toBe(20_000);
  age.follow(seen(6, 100));
  expect(age.at(4_600)).toBe(100);
});
