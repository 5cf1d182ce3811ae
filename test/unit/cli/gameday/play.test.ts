import { describe, expect, it } from "vitest";
import { Game, type Desk } from "../../../../cli/gameday/play.ts";
import type { InjectOptions } from "../../../../cli/run/faults.ts";
import type { FaultEntry } from "../../../../core/contracts/fault.ts";
import type {
  JournalBody,
  JournalEvent,
  JournalWriter,
} from "../../../../core/contracts/journal.ts";
import { host } from "../../../../core/host.ts";
import { FAULTS, PLAN } from "../../../fixtures/plan.ts";

/** Lasts until it is healed, or until `lastsMs`. */
function lasting(lastsMs: number): {
  readonly injected: string[];
  readonly inject: ConstructorParameters<typeof Game>[0]["inject"];
} {
  const injected: string[] = [];
  const inject = async (
    { id }: Pick<FaultEntry, "id">,
    { healNow }: InjectOptions,
  ): Promise<void> => {
    injected.push(id);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    healNow?.addEventListener("abort", () => {
      resolve(undefined);
    });
    await Promise.race([promise, host.sleep(lastsMs)]);
  };
  return { injected, inject };
}

function memoryJournal(): { events: JournalEvent[]; journal: JournalWriter } {
  const events: JournalEvent[] = [];
  const startMs = host.monotonicMs();
  const nowMs = (): number => host.monotonicMs() - startMs;
  const journal: JournalWriter = {
    append: (body: JournalBody) => void events.push({ atMs: nowMs(), ...body }),
    nowMs,
    onEvent: () => undefined,
    flush: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { events, journal };
}

interface Options {
  readonly lastsMs?: number;
  readonly lengthMsMax?: number;
  readonly answer?: string;
  readonly stop?: AbortController;
}

interface Played {
  readonly events: readonly JournalEvent[];
  /** "gameday.chosen f1", … */
  readonly kinds: readonly string[];
  readonly injected: readonly string[];
  readonly said: readonly string[];
  readonly kept: readonly string[];
  readonly error: unknown;
}

/** Plays the lines; `while` they last, the desk hands out one after the other. */
async function played(lines: readonly string[], options: Options = {}): Promise<Played> {
  const { lastsMs = 5, lengthMsMax = 60_000, answer = "", stop = new AbortController() } = options;
  const { events, journal } = memoryJournal();
  const { injected, inject } = lasting(lastsMs);
  const rest = [...lines];
  const said: string[] = [];
  const kept: string[] = [];
  const desk: Desk = {
    next: async (until) => {
      await host.sleep(0);
      const line = rest.shift();
      if (line !== "(silence)") return until.aborted ? undefined : line;
      await host.sleep(60_000, until).catch(() => undefined);
      return undefined;
    },
    ask: () => Promise.resolve(answer),
    say: (text) => void said.push(text),
    keep: (line) => void kept.push(line.replace(/^@[\d.]+ /, "")),
  };
  const game = new Game(
    {
      plan: { ...PLAN, gameDay: { lengthMsMax } },
      journal,
      signal: stop.signal,
      inject,
      awaitTrigger: () => Promise.resolve(true),
      delivered: () => Promise.resolve(1),
    },
    desk,
  );
  const error: unknown = await game.play().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const kinds = events.map((event) => ("id" in event ? `${event.kind} ${event.id}` : event.kind));
  return { events, kinds, injected, said, kept, error };
}

describe("a game", () => {
  it("injects what is said, after what is expected of it was written down", async () => {
    const { kinds, injected, kept } = await played(["fault 2 recovery < 60 s", "wait recovered"]);
    expect(kinds).toEqual(["gameday.expected f2", "gameday.chosen f2"]);
    expect(injected).toEqual(["f2"]);
    expect(kept).toEqual(["fault f2 recovery < 60 s", "wait recovered"]);
  });

  it("asks for a hypothesis where there is none yet", async () => {
    const { events } = await played(["fault 1", "wait recovered"], { answer: "nothing lost" });
    expect(events[0]).toMatchObject({ kind: "gameday.expected", id: "f1", text: "nothing lost" });
    const known = await played(["expect 1 recovery < 9 s", "fault 1"], { answer: "other" });
    expect(known.events.filter(({ kind }) => kind === "gameday.expected")).toHaveLength(1);
  });

  it("breaks one thing at a time, and each once", async () => {
    const { injected, said } = await played(
      ["fault 1", "fault 2", "wait recovered", "fault 1", "fault 3"],
      { lastsMs: 50 },
    );
    expect(injected).toEqual(["f1", "f3"]);
    expect(said.join("\n")).toContain("f1 is still under way");
    expect(said.join("\n")).toContain("f1 was injected already");
  });

  it("goes on after a line that cannot be done", async () => {
    const { injected, said } = await played(["falt 1", "judge 3 held", "fault 4"]);
    expect(injected).toEqual(["f4"]);
    expect(said.join("\n")).toContain("Did you mean fault?");
    expect(said.join("\n")).toContain("f3 was not injected");
  });

  it("ends a fault by hand, and says that it was so", async () => {
    const { kinds } = await played(["fault 1", "heal", "wait recovered"], { lastsMs: 60_000 });
    expect(kinds).toEqual(["gameday.chosen f1", "gameday.healed f1"]);
  });

  it("leaves nothing broken at its end", async () => {
    const { kinds } = await played(["fault 1", "end", "fault 2"], { lastsMs: 60_000 });
    expect(kinds).toEqual(["gameday.chosen f1", "gameday.healed f1"]);
  });

  it("ends by itself, with what is broken healed", async () => {
    const { kinds, error } = await played(["fault 1", "(silence)"], {
      lastsMs: 60_000,
      lengthMsMax: 60,
    });
    expect(kinds).toEqual(["gameday.chosen f1", "gameday.healed f1", "note"]);
    expect(error).toBeUndefined();
  });

  it("waits for a stopped run's fault to be undone, then ends as stopped", async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort(new Error("stopped by a signal"));
    }, 30);
    const { kinds, error } = await played(["fault 1", "(silence)"], { lastsMs: 60_000, stop });
    expect(kinds).toEqual(["gameday.chosen f1", "gameday.healed f1"]);
    expect(error).toMatchObject({ message: "stopped by a signal" });
  });

  it("draws surprises by the seed, each fault once, and keeps which it was", async () => {
    const lines = FAULTS.flatMap(() => ["surprise", "wait recovered"]);
    const one = await played([...lines, "surprise"]);
    const other = await played(lines);
    expect(one.injected).toEqual(other.injected);
    expect([...one.injected].sort()).toEqual(FAULTS.map(({ id }) => id));
    expect(one.said.join("\n")).toContain("Nothing is left of the menu");
    expect(one.kept[0]).toBe(`fault ${one.injected[0] ?? ""}`);
    expect(one.events[0]).toMatchObject({ kind: "gameday.chosen", hidden: true });
  });

  it("times the first person who notices", async () => {
    const { kinds } = await played([
      "seen nothing yet",
      "fault 1",
      "seen writes fail",
      "seen more",
    ]);
    expect(kinds).toEqual([
      "gameday.noted",
      "gameday.chosen f1",
      "gameday.detected f1",
      "gameday.noted",
    ]);
  });
});
