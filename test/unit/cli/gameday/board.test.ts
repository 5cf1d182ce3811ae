import { describe, expect, it } from "vitest";
import { Board } from "../../../../cli/gameday/board.ts";
import { charactersOf, drawBoard } from "../../../../cli/gameday/draw.ts";
import type { FaultState, JournalBody } from "../../../../core/contracts/journal.ts";
import { PLAN } from "../../../fixtures/plan.ts";

function boardAfter(bodies: readonly JournalBody[]): Board {
  const board = new Board({ ...PLAN, gameDay: { lengthMsMax: 600_000 } });
  const ready = Object.entries(PLAN.topology.services).map(
    ([service, { component }]): JournalBody => ({
      kind: "instance.ready",
      ...{ instanceId: `${service}-0`, component, address: "a:1", pid: 1, readyMs: 1 },
      restart: false,
    }),
  );
  for (const [index, body] of [...ready, ...bodies].entries()) {
    board.follow({ atMs: 1000 * index, ...body });
  }
  return board;
}

function drawn(board: Board, size: { columns?: number; rows?: number } = {}): string {
  const { columns = 110, rows = 40 } = size;
  const frame = { columns, rows, nowMs: 65_000, prompt: "", typed: "fau", colors: false };
  return drawBoard(board, frame).join("\n");
}

function change(state: FaultState, more: object = {}): JournalBody {
  return {
    kind: "fault.changed",
    ...{ id: "f2", fault: "process-kill", faultClass: "X", instanceId: "kafka-0", state },
    ...more,
  };
}

function bank(offered: number, failed: number): JournalBody {
  return {
    kind: "load.window",
    workload: "bank",
    ...{ fromMs: 0, windowMs: 1000, offered, ok: offered - failed, failed, unknown: 0, dropped: 0 },
    events: 2 * (offered - failed),
  };
}

const MEASURED: readonly JournalBody[] = [{ kind: "phase.entered", phase: "measure" }];

describe("the board", () => {
  it("shows every instance by its state", () => {
    expect(drawn(boardAfter([]))).toMatch(/kafka ●/);
    expect(drawn(boardAfter([change("injecting")]))).toMatch(/kafka ✘/);
    expect(drawn(boardAfter([change("injecting"), change("healed")]))).toMatch(/kafka ◐/);
    const recovered = change("recovered", { recoveryMs: 6000, recoveryBudgetMs: 59_000 });
    expect(drawn(boardAfter([change("injecting"), recovered]))).toMatch(/kafka ●/);
  });

  it("offers each fault with its class and what the plan expects of it", () => {
    const text = drawn(boardAfter([]));
    expect(text).toMatch(/2 {2}process-kill +kafka-0 +class X +back within 59 s of its end/);
    expect(text).toContain("fau▏");
  });

  it("answers a hypothesis about the recovery at once", () => {
    const after = (recoveryMs: number): string =>
      drawn(
        boardAfter([
          { kind: "gameday.expected", id: "f2", text: "recovery < 10 s" },
          change("injecting"),
          change("recovered", { recoveryMs, recoveryBudgetMs: 59_000 }),
        ]),
      );
    expect(after(6000)).toContain("recovered in 6.0 s: as expected");
    expect(after(11_000)).toContain("recovered in 11.0 s: LONGER than expected");
  });

  it("counts error budgets from the control phase on", () => {
    const before = drawn(boardAfter([bank(1000, 1000), ...MEASURED, bank(10_000, 0)]));
    expect(before).toMatch(/errors\.writes .*100 % of its error budget left: 0 bad of 10000/);
    const half = drawn(boardAfter([...MEASURED, bank(10_000, 5)]));
    expect(half).toMatch(/errors\.writes .*50 % of its error budget left: 5 bad of 10000/);
    const none = drawn(boardAfter([...MEASURED, bank(1000, 100)]));
    expect(none).toMatch(/errors\.writes .* 0 % of its error budget left/);
    expect(none).toContain("failed in the last 10 s: 10.0 %");
  });

  it("tells nothing of a surprise until somebody sees it", () => {
    const hidden: readonly JournalBody[] = [
      ...MEASURED,
      { kind: "gameday.chosen", id: "f2", hidden: true },
      change("undo-written"),
      change("injecting"),
      change("active", { evidence: ["kafka-0 refuses connections"] }),
    ];
    const text = drawn(boardAfter(hidden));
    expect(text).toContain("Something is broken.");
    expect(text).not.toContain("refuses connections");
    expect(text).toMatch(/kafka ●/);
    expect(text).not.toContain("under way");
    const seen = drawn(
      boardAfter([
        ...hidden,
        { kind: "gameday.detected", id: "f2", text: "lag" },
        change("healed"),
      ]),
    );
    expect(seen).toMatch(/kafka ◐/);
    const recovered = change("recovered", { recoveryMs: 6000, recoveryBudgetMs: 59_000 });
    expect(drawn(boardAfter([...hidden, recovered]))).toContain("kafka-0 recovered in 6.0 s");
  });

  it("fits every terminal", () => {
    const board = boardAfter([...MEASURED, change("injecting"), bank(1000, 3)]);
    for (const [columns, rows] of [
      [20, 8],
      [80, 24],
      [200, 60],
    ] as const) {
      const lines = drawn(board, { columns, rows }).split("\n");
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(charactersOf(line).length).toBeLessThanOrEqual(columns);
      expect(lines.at(-1)).toContain("fau▏");
    }
  });
});
