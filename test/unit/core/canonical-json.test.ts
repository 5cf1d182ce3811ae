import { expect, test } from "vitest";
import { canonicalJson } from "../../../core/canonical-json.ts";
import type { Json } from "../../../core/contracts/values.ts";
import { seededRandom } from "../../fixtures/seeded-random.ts";

test("sorts keys by their UTF-16 code units, as in the example of RFC 8785, section 3.2.3", () => {
  const value = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const texts = Object.values(JSON.parse(canonicalJson(value)) as Record<string, string>);
  // Integer keys always come first in an object; the text itself is what is canonical.
  expect(texts).toHaveLength(7);
  expect(canonicalJson(value).match(/"[A-Z][^"]*"/g)).toEqual([
    '"Carriage Return"',
    '"One"',
    '"Control"',
    '"Latin Small Letter O With Diaeresis"',
    '"Euro Sign"',
    '"Emoji: Grinning Face"',
    '"Hebrew Letter Dalet With Dagesh"',
  ]);
});

test("puts numeric keys where their text belongs, not where an object keeps them", () => {
  expect(canonicalJson({ b: 1, "10": 2, "9": 3, a: 4 })).toBe('{"10":2,"9":3,"a":4,"b":1}');
});

test("prints numbers as RFC 8785, section 3.2.2, does", () => {
  const numbers = [
    Number("333333333.33333329"),
    1e30,
    4.5,
    2e-3,
    0.000000000000000000000000001,
    -0,
  ];
  expect(canonicalJson(numbers)).toBe("[333333333.3333333,1e+30,4.5,0.002,1e-27,0]");
});

test("leaves out what JSON leaves out", () => {
  expect(canonicalJson({ a: undefined, b: Number.NaN, c: [undefined] })).toBe(
    '{"b":null,"c":[null]}',
  );
});

function shuffled(value: Json, random: () => number): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, random));
  const fields = Object.entries(value)
    .map(([key, field]) => ({ key, field: shuffled(field, random), rank: random() }))
    .sort((one, other) => one.rank - other.rank);
  return Object.fromEntries(fields.map(({ key, field }) => [key, field]));
}

test("does not depend on the order keys were set in", () => {
  const random = seededRandom(8785);
  const value: Json = {
    verdicts: [{ id: "a", status: "PROVEN", sample: { n: 12, bad: 0 } }, null, true],
    é: { z: [], y: {}, x: '\u0007"\\' },
    nested: { deeper: { deepest: [1.5, { k: 1, j: 2, "": 3 }] } },
  };
  const texts = Array.from({ length: 200 }, () => canonicalJson(shuffled(value, random)));
  expect(new Set(texts)).toEqual(new Set([canonicalJson(value)]));
  expect(JSON.parse(canonicalJson(value))).toEqual(value);
});
