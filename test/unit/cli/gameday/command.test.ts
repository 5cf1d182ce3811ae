import { describe, expect, it } from "vitest";
import { commandLine, parseLine } from "../../../../cli/gameday/command.ts";
import { FAULTS } from "../../../fixtures/plan.ts";

const parsed = (line: string): unknown => parseLine(line, FAULTS)?.command;

describe("a line of a game day", () => {
  it("names a fault by its number or its id, with what is expected of it", () => {
    expect(parsed("fault 2 recovery < 60 s")).toEqual({
      name: "fault",
      id: "f2",
      text: "recovery < 60 s",
    });
    expect(parsed("  fault f6 ")).toEqual({ name: "fault", id: "f6", text: "" });
    expect(parsed("surprise")).toEqual({ name: "fault", text: "" });
  });

  it("may wait, for seconds or for the recovery", () => {
    expect(parsed("wait 2.5")).toEqual({ name: "wait", ms: 2500 });
    expect(parsed("wait 20 s")).toEqual({ name: "wait", ms: 20_000 });
    expect(parsed("wait recovered")).toEqual({ name: "wait", ms: "recovered" });
  });

  it("may say when it was said", () => {
    expect(parseLine("@12.5 note all quiet", FAULTS)).toEqual({
      sinceMs: 12_500,
      command: { name: "note", text: "all quiet" },
    });
  });

  it("is nothing where it is empty or a remark", () => {
    expect(parseLine("   ", FAULTS)).toBeUndefined();
    expect(parseLine("# the quiet part", FAULTS)).toBeUndefined();
  });

  it.each([
    ["fault 7", "Faults of the menu are 1 to 6"],
    ["fault", "Faults of the menu are 1 to 6"],
    ["fualt 1", "Did you mean fault?"],
    ["judge 1 perhaps", "held or failed"],
    ["expect 1", "Say which and what"],
    ["note", "Say what to write down"],
    ["wait long", "0 to 3600 seconds"],
    ["wait 3601", "0 to 3600 seconds"],
    ["heal everything", "takes nothing"],
  ])("%s is refused with what is allowed", (line, hint) => {
    expect(() => parseLine(line, FAULTS)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining(hint) as string }),
    );
  });

  it.each([
    "fault f2 recovery < 60 s",
    "expect f1 nothing lost",
    "judge f3 failed the dashboard was empty",
    "judge f3 held",
    "wait recovered",
    "wait 20",
    "seen writes fail",
    "note hello",
    "heal",
    "end",
  ])("%s is written as it was read", (line) => {
    const command = parseLine(line, FAULTS)?.command;
    expect(command === undefined ? "" : commandLine(command)).toBe(line);
  });
});
