/** What follows from what a machine can do, said for those who plan. */
import { expect, it } from "vitest";
import {
  MACHINE_FEATURES,
  machineSupportFrom,
} from "../../../../../infra/drivers/machine/support.ts";

it("has everything where everything works, and names the means by the version of the control groups", () => {
  const first = machineSupportFrom(new Set(MACHINE_FEATURES), () => 1);
  expect(first.capabilities).toEqual([
    ...[
      "diskFiles",
      "diskFull",
      "diskReadOnly",
      "diskSlow",
      "cpuLimit",
      "memoryLimit",
      "clockShift",
    ],
  ]);
  expect(first.notes["diskSlow"]).toContain("blkio.throttle.write_bps_device");
  const second = machineSupportFrom(new Set(MACHINE_FEATURES), () => 2);
  expect(second.notes["diskSlow"]).toContain("io.max");
});

it("has files of its own and nothing else where nothing works, each with the reason", () => {
  const { capabilities, notes } = machineSupportFrom(new Set(), () => undefined);
  expect(capabilities).toEqual(["diskFiles"]);
  const others = Object.entries(notes).filter(([capability]) => capability !== "diskFiles");
  expect(others).toHaveLength(6);
  for (const [, note] of others) expect(note).toMatch(/^not possible: /);
});
