import { describe, expect, it } from "vitest";
import { duration, figure, firstLines, percent } from "../../../../../slo/checks/evidence/text.ts";

describe("figures", () => {
  it.each([
    [0, "0"],
    [0.126, "0.13"],
    [999.5, "999.5"],
    [1_000, "1 000"],
    [1_234_567, "1 234 567"],
  ])("writes %d as %s", (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it.each([
    [0.000_999_7, "0.1 %"],
    [0.05, "5 %"],
    [0.025_46, "2.55 %"],
  ])("writes the share %d as %s", (ratio, text) => {
    expect(percent(ratio)).toBe(text);
  });

  it.each([
    [850, "850 ms"],
    [12_340, "12.3 s"],
    [250_000, "4 min 10 s"],
    [29_950_000, "8 h 19 min"],
    [276_480_000, "3.2 days"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("firstLines", () => {
  it("says how many lines it left out", () => {
    expect(firstLines(["a", "b", "c"], 2)).toEqual(["a", "b", "… and 1 more"]);
    expect(firstLines(["a", "b"], 2)).toEqual(["a", "b"]);
  });
});
