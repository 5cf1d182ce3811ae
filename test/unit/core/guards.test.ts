import { expect, it } from "vitest";
import { GUARD_LIMITS, machineAlarm } from "../../../core/guards.ts";

const { diskFreeBytesMin, memoryAvailableBytesMin } = GUARD_LIMITS;
const ENOUGH = { diskFreeBytes: diskFreeBytesMin, memoryAvailableBytes: memoryAvailableBytesMin };

it("is silent while there is enough, and where nothing can be read", () => {
  expect(machineAlarm(ENOUGH)).toBeUndefined();
  const unread = { diskFreeBytes: undefined, memoryAvailableBytes: undefined };
  expect(machineAlarm(unread)).toBeUndefined();
});

it("names what is short, how much is left and how much it takes", () => {
  expect(machineAlarm({ ...ENOUGH, diskFreeBytes: diskFreeBytesMin - 1 })).toEqual({
    guard: "disk",
    reason: "the disk has 1023 MiB left, 1024 MiB are the least",
  });
  expect(machineAlarm({ ...ENOUGH, memoryAvailableBytes: 0 })).toEqual({
    guard: "memory",
    reason: "the machine has 0 MiB of memory left, 256 MiB are the least",
  });
});
