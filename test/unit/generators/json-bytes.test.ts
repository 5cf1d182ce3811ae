/** JSON bytes against JSON.parse, and against bytes that Connect's own converter wrote for the same values. */
import { describe, expect, it } from "vitest";
import {
  BYTES_PER_INTEGER_MAX,
  putInteger,
  putPiece,
  putText,
} from "../../../generators/json-bytes.ts";
import { Random } from "../../../generators/random.ts";

function written(put: (bytes: Uint8Array, at: number) => number): string {
  const bytes = Buffer.alloc(262_144);
  return bytes.subarray(3, put(bytes, 3)).toString("utf8");
}

describe("piece", () => {
  it.each([0, 1, 12, 13, 300])("of %d bytes is copied as it is", (length) => {
    const piece = Uint8Array.from({ length }, (_, index) => 33 + (index % 90));
    expect(written((bytes, at) => putPiece(bytes, at, piece))).toBe(Buffer.from(piece).toString());
  });
});

describe("integer", () => {
  const integer = (value: number): string => written((bytes, at) => putInteger(bytes, at, value));

  it("writes what String writes, on both sides of every power of ten up to 2^53", () => {
    const edges = Array.from({ length: 16 }, (_, power) => 10 ** power).flatMap((edge) => [
      edge - 1,
      edge,
      edge + 1,
    ]);
    const values = [...edges, Number.MAX_SAFE_INTEGER, 4_294_967_295, 10_001_000_100_000];
    for (const value of values.flatMap((edge) => [edge, edge === 0 ? 0 : -edge])) {
      expect(integer(value)).toBe(String(value));
    }
    expect(integer(Number.MIN_SAFE_INTEGER)).toHaveLength(BYTES_PER_INTEGER_MAX);
  });

  it("writes what String writes for 20,000 random integers of every size", () => {
    const random = new Random(1n);
    const values = Array.from({ length: 20_000 }, () =>
      Math.floor(random.unit() * 2 ** random.between(1, 53)),
    );
    expect(values.map(integer)).toEqual(values.map(String));
  });
});

describe("text", () => {
  const text = (value: string): string => written((bytes, at) => putText(bytes, at, value));

  it.each([
    ['"\\/\b\f\n\r\t\u0001\u001f\u007f', String.raw`\"\\/\b\f\n\r\t\u0001\u001F` + "\u007f"],
    ["é € ß ö \u2028\u2029\uffff", "é € ß ö \u2028\u2029\uffff"],
    ["\u{1f3e6} bank", String.raw`\uD83C\uDFE6 bank`],
    ["", ""],
  ])("writes %j as Connect's JsonConverter (Kafka 4.3.1) does", (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it.each([15, 16, 17, 5_460, 5_461, 16_383, 16_384, 16_385, 40_000])(
    "writes texts of %d characters alike, whatever the piece that an odd one falls into",
    (length) => {
      for (const odd of ["", '"', "\u0001", "é", "€", "\u{1f3e6}"]) {
        const escaped = Array.from({ length: odd.length }, (_, index) => text(odd.charAt(index)));
        for (const place of [0, length >> 1, Math.min(16_383, length), length - 1]) {
          const [before, after] = ["a".repeat(place), "b".repeat(length - place)];
          expect(text(before + odd + after) === before + escaped.join("") + after).toBe(true);
        }
      }
    },
  );

  it("is read back whole for 5000 random texts of every kind of character", () => {
    const random = new Random(2n);
    const limits = [0x80, 0x800, 0xd800, 0x1_0000];
    for (let index = 0; index < 5_000; index += 1) {
      const limit = limits[index % limits.length] ?? 0x80;
      const units = Array.from({ length: random.between(0, 40) }, () => random.below(limit));
      const value = String.fromCharCode(...units).toWellFormed();
      expect(JSON.parse(`"${text(value)}"`)).toBe(value);
    }
  });
});
