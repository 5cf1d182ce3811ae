/** A game day's measured part: people say what is broken next, one fault at a time, until they have seen enough. */
import type { FaultEntry } from "../../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { expectationsIn } from "../../core/game-day.ts";
import { host } from "../../core/host.ts";
import { Random, subSeed } from "../../generators/random.ts";
import type { Canaries } from "../run/canary.ts";
import { openInjector, type Inject } from "../run/faults.ts";
import type { Guards } from "../run/guards.ts";
import type { Session } from "../run/session.ts";
import { awaitTrigger } from "../run/trigger.ts";
import { COMMAND_HELP, commandLine, parseLine, type GameCommand } from "./command.ts";

/** Where the players sit. */
export interface Desk {
  /** The next line; undefined when there will be no more, or when `stop` aborts. */
  next(stop: AbortSignal): Promise<string | undefined>;
  /** The answer to a question; "" where nobody is there to be asked. */
  ask(question: string, stop: AbortSignal): Promise<string>;
  /** For the players alone. What the run should remember is journalled. */
  say(text: string): void;
  /** Keeps a command that was carried out. */
  keep(line: string): void;
}

const DELIVERED_MS_MAX = 120_000;

interface Round {
  readonly entry: FaultEntry;
  readonly sinceMs: number;
  readonly healNow: AbortController;
  readonly over: Promise<void>;
}

type Field = Pick<Session, "plan" | "journal" | "signal"> & {
  readonly inject: Inject;
  readonly awaitTrigger: (after: NonNullable<FaultEntry["after"]>) => Promise<boolean>;
  /** Resolves once something that was committed after `sinceMs` has been seen, or after `limitMs`. */
  readonly delivered: (sinceMs: number, limitMs: number) => Promise<unknown>;
};

/** Every parameter but the last is what a run gives to whoever breaks things. */
export async function playGame(
  session: Session,
  canaries: Canaries,
  guards: Pick<Guards, "mayInject">,
  desk: Desk,
): Promise<void> {
  using injector = openInjector(session, canaries);
  const field: Field = {
    ...session,
    inject: async (entry, options) => {
      await guards.mayInject();
      await injector.injectNow(entry, options);
    },
    awaitTrigger: async ({ event, delayMs = 0 }) =>
      event === "recovery-started" ||
      event === "fault-active" ||
      awaitTrigger(session, { event, delayMs }),
    delivered: (sinceMs, limitMs) => canaries.delivered(sinceMs, limitMs, session.signal),
  };
  await new Game(field, desk).play();
  session.journal.append({ kind: "phase.entered", phase: "heal" });
}

export class Game {
  readonly #field: Field;
  readonly #desk: Desk;
  readonly #startMs: number;
  readonly #used = new Set<string>();
  readonly #hypotheses = new Map<string, string>();
  #round: Round | undefined;
  /** The fault that `seen` is about: the last one, until somebody has seen it. */
  #unseenId: string | undefined;

  constructor(field: Field, desk: Desk) {
    this.#field = field;
    this.#desk = desk;
    this.#startMs = field.journal.nowMs();
    for (const { id, hypothesis } of field.plan.faults) {
      if (hypothesis !== undefined) this.#hypotheses.set(id, hypothesis);
    }
  }

  /** Whatever ends it, nothing is broken afterwards. Rejects only where the run was stopped. */
  async play(): Promise<void> {
    const { plan, signal, journal } = this.#field;
    const lengthMs = plan.gameDay?.lengthMsMax ?? 0;
    const stop = host.deadline(lengthMs, signal);
    try {
      for (;;) {
        const line = await this.#desk.next(stop);
        if (line === undefined || (await this.#carryOut(line, stop))) break;
      }
      // A file that ends has no more to say about the fault it began; a person who ends wants to go.
      if (!stop.aborted) await this.#round?.over;
    } finally {
      this.#heal();
      await this.#round?.over;
    }
    if (signal.aborted) throw signal.reason;
    if (stop.aborted) {
      const text = `The game day has had its ${String(lengthMs / 60_000)} min and ends.`;
      journal.append({ kind: "note", text });
    }
  }

  /** True when that was the end. A line that cannot be done is answered, and the game goes on. */
  async #carryOut(line: string, stop: AbortSignal): Promise<boolean> {
    try {
      const said = parseLine(line, this.#field.plan.faults);
      if (said === undefined) return false;
      const waitMs = this.#startMs + (said.sinceMs ?? 0) - this.#field.journal.nowMs();
      if (waitMs > 0) await host.sleep(waitMs, stop);
      const done = await this.#act(said.command, stop);
      const sinceS = (this.#field.journal.nowMs() - this.#startMs) / 1000;
      this.#desk.keep(`@${sinceS.toFixed(1)} ${commandLine(done)}`);
      return done.name === "end";
    } catch (error) {
      if (stop.aborted) return true;
      const hint = error instanceof LakeproofError ? ` ${error.hint}` : "";
      this.#desk.say(`${reasonOf(error)}${hint}`);
      return false;
    }
  }

  /** The command as it was carried out. */
  async #act(command: GameCommand, stop: AbortSignal): Promise<GameCommand> {
    const { journal } = this.#field;
    switch (command.name) {
      case "fault":
        return this.#begin(command, stop);
      case "expect":
        this.#expect(command.id, command.text);
        return command;
      case "seen":
        this.#see(command.text);
        return command;
      case "note":
        journal.append({ kind: "gameday.noted", text: command.text });
        return command;
      case "judge": {
        const { id, held, text } = command;
        this.#refuse(!this.#used.has(id), `${id} was not injected.`, "Judge one that was.");
        journal.append({ kind: "gameday.judged", id, held, text });
        return command;
      }
      case "wait":
        await (command.ms === "recovered" ? this.#round?.over : host.sleep(command.ms, stop));
        return command;
      case "heal":
      case "end":
        this.#heal();
        await (command.name === "end" ? this.#round?.over : undefined);
        return command;
      case "help":
        for (const [usage, about] of COMMAND_HELP) this.#desk.say(`${usage}  ${about}`);
        return command;
    }
  }

  async #begin(
    { id, text }: Extract<GameCommand, { name: "fault" }>,
    stop: AbortSignal,
  ): Promise<GameCommand> {
    const entry = id === undefined ? this.#drawn() : this.#entry(id);
    const { journal } = this.#field;
    const before = this.#round?.entry.id ?? "";
    this.#refuse(
      this.#round !== undefined,
      `${before} is still under way.`,
      "Wait until it has recovered, or say heal: what two faults at once may do has no budget here.",
    );
    this.#refuse(this.#used.has(entry.id), `${entry.id} was injected already.`, "Take another.");
    const expected = text || (id === undefined ? "" : await this.#asked(entry, stop));
    if (expected !== "") this.#expect(entry.id, expected);
    this.#used.add(entry.id);
    if (entry.after !== undefined && !(await this.#field.awaitTrigger(entry.after))) {
      this.#refuse(true, `No ${entry.after.event} came.`, "Look at Flink: lakeproof health.");
    }
    journal.append({ kind: "gameday.chosen", id: entry.id, hidden: id === undefined });
    this.#unseenId = entry.id;
    const healNow = new AbortController();
    const sinceMs = journal.nowMs();
    this.#round = { entry, sinceMs, healNow, over: this.#inject(entry, healNow.signal) };
    return { name: "fault", id: entry.id, text: expected };
  }

  /** One of the rest, by the seed: the same game draws the same. */
  #drawn(): FaultEntry {
    const { seed, faults } = this.#field.plan;
    const left = faults.filter(({ id }) => !this.#used.has(id));
    const random = new Random(subSeed(BigInt(seed), "surprise", this.#used.size));
    const drawn = left[random.below(Math.max(1, left.length))];
    if (drawn !== undefined) return drawn;
    throw new LakeproofError("USAGE", "Nothing is left of the menu.", { hint: "Say end." });
  }

  async #asked({ id }: FaultEntry, stop: AbortSignal): Promise<string> {
    if (this.#hypotheses.has(id)) return "";
    return this.#desk.ask(`What do you expect of ${id}? (Enter: nothing)`, stop);
  }

  #expect(id: string, text: string): void {
    this.#refuse(
      this.#used.has(id),
      `${id} was injected already.`,
      "What is expected is written down before.",
    );
    this.#hypotheses.set(id, text);
    this.#field.journal.append({ kind: "gameday.expected", id, text });
    const measured = expectationsIn(text).map(({ subject }) => subject);
    this.#desk.say(
      measured.length === 0
        ? "No figure in it: say judge afterwards."
        : `The journal will answer for ${measured.join(", ")}.`,
    );
  }

  #see(text: string): void {
    const id = this.#unseenId;
    if (id === undefined) {
      this.#field.journal.append({ kind: "gameday.noted", text: `seen: ${text}` });
      this.#desk.say("Nothing is broken that nobody has seen; kept as a note.");
      return;
    }
    this.#unseenId = undefined;
    this.#field.journal.append({ kind: "gameday.detected", id, text });
  }

  async #inject(entry: FaultEntry, healNow: AbortSignal): Promise<void> {
    const { journal, signal, inject } = this.#field;
    try {
      await inject(entry, { healNow });
    } catch (error) {
      // Stopped: what was injected is undone all the same, and the run ends as stopped.
      if (!signal.aborted)
        journal.append({ kind: "note", text: `${entry.id}: ${reasonOf(error)}` });
    }
    if (!signal.aborted) {
      await this.#field.delivered(journal.nowMs(), DELIVERED_MS_MAX).catch(() => undefined);
    }
    this.#round = undefined;
  }

  #heal(): void {
    const round = this.#round;
    if (round === undefined || round.healNow.signal.aborted) return;
    this.#field.journal.append({ kind: "gameday.healed", id: round.entry.id });
    round.healNow.abort();
  }

  #entry(id: string): FaultEntry {
    const entry = this.#field.plan.faults.find((one) => one.id === id);
    if (entry !== undefined) return entry;
    throw new LakeproofError("USAGE", `There is no fault ${id}.`, {
      hint: "Take one of the menu.",
    });
  }

  #refuse(isWrong: boolean, message: string, hint: string): void {
    if (isWrong) throw new LakeproofError("USAGE", message, { hint });
  }
}
