/** Longest first, a few at once, never two of a kind; the first failure stops the rest. */
import { describe, expect, it } from "vitest";
import { schedule, type Task } from "../../../../infra/artifacts/schedule.ts";

const never = new AbortController().signal;

/** Tasks named "key:typicalMs" that yield a few times, and what was seen of them. */
function tasksOf(names: readonly string[]): {
  tasks: Task[];
  started: string[];
  together: string[];
} {
  const started: string[] = [];
  const together: string[] = [];
  const running = new Set<string>();
  const tasks = names.map((name): Task => {
    const [key = "", ms = ""] = name.split(":");
    return {
      key,
      typicalMs: Number(ms),
      run: async () => {
        started.push(name);
        running.add(key);
        together.push([...running].sort().join("+"));
        for (let turn = 0; turn < Number(ms); turn += 1) await Promise.resolve();
        running.delete(key);
      },
    };
  });
  return { tasks, started, together };
}

describe("schedule", () => {
  it("starts the longest first and keeps a kind to itself", async () => {
    const { tasks, started, together } = tasksOf(["maven:5", "go:90", "go:400", "pip:7"]);
    await schedule(tasks, 2, never);
    expect(started).toEqual(["go:400", "pip:7", "maven:5", "go:90"]);
    expect(together).toEqual(["go", "go+pip", "go+maven", "go"]);
  });

  it("runs nothing when there is nothing", async () => {
    await expect(schedule([], 2, never)).resolves.toBeUndefined();
  });

  it("stops the others and starts no more after a failure", async () => {
    const { tasks, started } = tasksOf(["late:1"]);
    let stopped: unknown;
    const failing: Task = {
      key: "a",
      typicalMs: 9,
      run: () => Promise.reject(new Error("broken")),
    };
    const other: Task = {
      key: "b",
      typicalMs: 8,
      run: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            stopped = signal.reason;
            reject(signal.reason as Error);
          });
        }),
    };
    await expect(schedule([...tasks, failing, other], 2, never)).rejects.toThrow("broken");
    expect(stopped).toEqual(new Error("broken"));
    expect(started).toEqual([]);
  });
});
