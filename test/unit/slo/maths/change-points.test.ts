import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { changePoints } from "../../../../slo/maths/change-points.ts";
import { normals, uniform } from "../../../fixtures/random-series.ts";

/** Yearly flow of the Nile at Aswan 1871–1970, 10^8 m³ (Cobb 1978, Biometrika 65(2)). */
const NILE = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
  799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701,
  916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862,
  698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812,
  742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906,
  901, 1170, 912, 746, 919, 718, 714, 740,
];

const THREE_LEVELS = [
  10, 11, 10, 9, 10, 11, 9, 10, 15, 16, 14, 15, 16, 15, 14, 15, 30, 31, 29, 30, 30, 31, 29, 30,
];

const indexes = (series: readonly number[], seed = 1): readonly number[] =>
  changePoints(series, { random: uniform(seed) }).map((point) => point.index);

describe("changePoints", () => {
  it("finds the change of the Nile after 1898, and no other", () => {
    const found = changePoints(NILE, { random: uniform(131) });
    expect(found).toHaveLength(1);
    // Cobb 1978: the flow fell in 1899, the 29th year. The statistic is numpy's, straight from its definition.
    expect(found[0]?.index).toBe(28);
    expect(found[0]?.statistic).toBeCloseTo(4807.521314553991, 6);
    expect(found[0]?.pValue).toBe(0.001);
    // Published means before and after: 1097.75 and 849.97.
    expect(found[0]?.meanBefore).toBeCloseTo(1097.75, 2);
    expect(found[0]?.meanAfter).toBeCloseTo(849.97, 2);
  });

  it("divides again within what it has divided", () => {
    const found = changePoints(THREE_LEVELS, { random: uniform(137) });
    expect(found.map((point) => point.index)).toEqual([8, 16]);
    expect(found[1]?.statistic).toBeCloseTo(165.73968253968252, 8);
    expect(found[0]?.statistic).toBeCloseTo(33.14285714285714, 8);
    expect(found[0]).toMatchObject({ meanBefore: 10, meanAfter: 15 });
    expect(found[1]).toMatchObject({ meanBefore: 15, meanAfter: 30 });
  });

  it("sees nothing where nothing happened", () => {
    expect(indexes(Array.from({ length: 40 }, () => 0.1))).toEqual([]);
    expect(indexes([])).toEqual([]);
    expect(indexes([1, 2, 3, 4, 5])).toEqual([]);
  });

  it("takes no single spike for a change", () => {
    const random = uniform(139);
    for (let round = 0; round < 20; round += 1) {
      const series = normals(40, random).map((one) => 100 + one);
      series.splice(15 + round, 1, 200);
      expect(indexes(series, round)).toEqual([]);
    }
  });

  it("finds a fresh change of three runs at the end", () => {
    const series = normals(50, uniform(149)).map((one, index) => 100 + one + (index < 47 ? 0 : 15));
    expect(indexes(series)).toEqual([47]);
  });

  it("finds the step wherever it is, and its place does not depend on the seed", () => {
    const random = uniform(151);
    for (let round = 0; round < 15; round += 1) {
      const at = 8 + Math.floor(random() * 25);
      const series = normals(42, random).map((one, index) => one + (index < at ? 100 : 110));
      expect(indexes(series, round)).toEqual([at]);
      expect(indexes(series, round + 1_000)).toEqual([at]);
    }
  });

  it("raises hardly any false alarm", () => {
    const random = uniform(157);
    let alarms = 0;
    for (let round = 0; round < 600; round += 1) {
      const series = normals(30, random);
      alarms +=
        changePoints(series, { random, pValueMax: 0.05, permutationCount: 99 }).length > 0 ? 1 : 0;
    }
    // 0.05 and three standard deviations to either side.
    expect(alarms / 600).toBeLessThan(0.077);
    expect(alarms / 600).toBeGreaterThan(0.023);
  });

  it("leaves out changes below the effect that matters, and joins their segments", () => {
    const series = THREE_LEVELS.map((one, index) => (index < 16 ? 100 + one / 5 : 130 + one / 30));
    const all = changePoints(series, { random: uniform(163) });
    expect(all.map((point) => point.index)).toEqual([8, 16]);
    const large = changePoints(series, { random: uniform(163), effectRatioMin: 1.05 });
    expect(large.map((point) => point.index)).toEqual([16]);
    const before = series.slice(0, 16).reduce((sum, one) => sum + one, 0) / 16;
    expect(large[0]?.meanBefore).toBeCloseTo(before, 10);
  });

  it("refuses options that are none", () => {
    const random = uniform(1);
    expect(() => changePoints([1, NaN], { random })).toThrow(LakeproofError);
    expect(() => changePoints([1], { random, pValueMax: 0 })).toThrow(/pValueMax/);
    expect(() => changePoints([1], { random, segmentLengthMin: 1 })).toThrow(/segmentLengthMin/);
    expect(() => changePoints([1], { random, effectRatioMin: 0.05 })).toThrow(/effectRatioMin/);
    expect(() => changePoints([1], { random, permutationCount: 99 })).toThrow(/99 permutations/);
    expect(() => changePoints(new Array<number>(1_001).fill(1), { random })).toThrow(
      /holds 1001 values/,
    );
    const negative = THREE_LEVELS.map((one) => one - 12);
    expect(() => changePoints(negative, { random, effectRatioMin: 1.05 })).toThrow(/means about/);
  });
});
