/** What the players see, as a value: follows the journal, event by event. What is hidden from them is not in it. */
import type { FaultEntry } from "../../core/contracts/fault.ts";
import type { JournalEvent } from "../../core/contracts/journal.ts";
import type { Phase, Plan } from "../../core/contracts/plan.ts";
import { expectationsIn } from "../../core/game-day.ts";
import { DataAge } from "../run/data-age.ts";
import { clock, eventLines } from "../run/event-lines.ts";

export type InstanceState = "absent" | "up" | "hit" | "mending";

export type MenuState = "free" | "under way" | "mending" | "recovered" | "failed";

export interface MenuItem {
  readonly entry: FaultEntry;
  state: MenuState;
  hypothesis: string | undefined;
  /** "recovered in 37.5 s", with what became of the hypothesis as far as that says it. */
  outcome: string;
}

/** Bad samples so far beside those that the objective allows of so many. */
export interface Budget {
  readonly title: string;
  readonly badRatioMax: number;
  count: number;
  bad: number;
}

const LOG_LINE_COUNT = 200;
const RECENT_MS = 10_000;

export class Board {
  readonly plan: Plan;
  readonly menu: readonly MenuItem[];
  readonly services: ReadonlyMap<string, Map<string, InstanceState>>;
  readonly budgets: readonly Budget[];
  readonly log: string[] = [];
  phase: Phase = "provision";
  measuredSinceMs: number | undefined;
  rateEventsPerS = 0;
  lagEvents = 0;
  readonly age: DataAge;
  /** Fault that nobody was told of and nobody has seen. */
  #hiddenId: string | undefined;
  readonly #failed: { readonly atMs: number; readonly bad: number; readonly offered: number }[] =
    [];

  constructor(plan: Plan) {
    this.plan = plan;
    this.age = new DataAge(plan.canary.ratePerS);
    this.menu = plan.faults.map((entry) => ({
      entry,
      state: "free",
      hypothesis: entry.hypothesis,
      outcome: "",
    }));
    this.services = new Map(
      Object.entries(plan.topology.services).map(([service, { replicaCount }]) => [
        service,
        new Map(
          Array.from({ length: replicaCount }, (_, at): [string, InstanceState] => [
            `${service}-${String(at)}`,
            "absent",
          ]),
        ),
      ]),
    );
    this.budgets = plan.objectives
      .filter(({ sli }) => sli.kind === "freshness" || sli.kind === "errors")
      .map(({ id, badRatioMax }) => ({ title: id, badRatioMax, count: 0, bad: 0 }));
  }

  /** True while something is broken that the players have to find. */
  get hasHidden(): boolean {
    return this.#hiddenId !== undefined;
  }

  /** Share of the operations of the last seconds that failed, were dropped or have no known end. */
  get failedRatio(): number {
    const offered = this.#failed.reduce((sum, one) => sum + one.offered, 0);
    return offered === 0 ? 0 : this.#failed.reduce((sum, one) => sum + one.bad, 0) / offered;
  }

  say(text: string, atMs: number): void {
    for (const line of text.split("\n")) this.log.push(`${clock(atMs)}  ${line}`);
    this.log.splice(0, Math.max(0, this.log.length - LOG_LINE_COUNT));
  }

  follow(event: JournalEvent): void {
    this.#figures(event);
    this.age.follow(event);
    if (this.#isSecret(event)) return;
    if (event.kind === "gameday.expected") this.#item(event.id, { hypothesis: event.text });
    if (event.kind === "fault.changed") this.#fault(event);
    for (const line of eventLines(event)) this.say(line, event.atMs);
  }

  /** Every instance of a service works. */
  setUp(service: string): void {
    for (const id of this.services.get(service)?.keys() ?? []) this.#instance(id, "up");
  }

  #figures(event: JournalEvent): void {
    switch (event.kind) {
      case "phase.entered":
        this.phase = event.phase;
        if (event.phase === "measure") this.measuredSinceMs = event.atMs;
        break;
      case "instance.ready":
        this.#instance(event.instanceId, "up");
        break;
      case "load.window":
        this.#load(event);
        break;
      case "sample.taken":
        if (event.probe === "lake.lagEvents") this.lagEvents = event.observed.value;
        break;
      case "canary.seen": {
        const ageMs = event.visibleMs - event.intendedMs;
        this.#count("freshness", 1, ageMs >= this.plan.canary.freshnessTargetMs ? 1 : 0);
        break;
      }
      default:
        break;
    }
  }

  #load(event: Extract<JournalEvent, { kind: "load.window" }>): void {
    const { workload, atMs, offered } = event;
    const bad = event.failed + event.unknown + event.dropped;
    if (workload === "bank") this.rateEventsPerS = (event.events * 1000) / event.windowMs;
    this.#failed.push({ atMs, bad, offered });
    while (atMs - (this.#failed[0]?.atMs ?? atMs) > RECENT_MS) this.#failed.shift();
    this.#count(workload === "bank" ? "errors.writes" : "errors.queries", offered, bad);
  }

  /** Before the control phase it is no sample of anything. */
  #count(title: string, count: number, bad: number): void {
    if (this.phase === "provision" || this.phase === "warmup" || this.phase === "selftest") return;
    const budget = this.budgets.find((one) => one.title === title);
    if (budget === undefined) return;
    budget.count += count;
    budget.bad += bad;
  }

  /** From the choice to the first word of somebody who noticed, or to the end of it, nobody learns which it is. */
  #isSecret(event: JournalEvent): boolean {
    if (event.kind === "gameday.chosen" && event.hidden) {
      this.#hiddenId = event.id;
      this.say("Something is broken. Say `seen` when you notice.", event.atMs);
    }
    if (event.kind === "gameday.detected" && event.id === this.#hiddenId)
      this.#hiddenId = undefined;
    const own = "id" in event && event.id === this.#hiddenId;
    if (!own || event.kind !== "fault.changed") return own;
    if (event.state !== "recovered" && event.state !== "failed") return true;
    this.#hiddenId = undefined;
    return false;
  }

  #fault(event: Extract<JournalEvent, { kind: "fault.changed" }>): void {
    const { id, state } = event;
    const hit = event.instanceId.split(", ");
    switch (state) {
      case "injecting":
        for (const instance of hit) this.#instance(instance, "hit");
        this.#item(id, { state: "under way" });
        break;
      case "healing":
      case "healed":
        for (const instance of hit) this.#instance(instance, "mending");
        this.#item(id, { state: "mending" });
        break;
      case "recovered":
      case "failed": {
        for (const instance of hit) this.#instance(instance, "up");
        this.#item(id, { state, outcome: this.#outcome(event) });
        break;
      }
      default:
        break;
    }
  }

  #outcome({ id, recoveryMs, reason }: Extract<JournalEvent, { kind: "fault.changed" }>): string {
    if (recoveryMs === undefined) return reason ?? "";
    const text = `recovered in ${(recoveryMs / 1000).toFixed(1)} s`;
    const hypothesis = this.menu.find(({ entry }) => entry.id === id)?.hypothesis ?? "";
    const limit = expectationsIn(hypothesis).find(({ subject }) => subject === "recovery");
    if (limit === undefined || !("limit" in limit)) return text;
    return `${text}: ${recoveryMs < limit.limit.value ? "as expected" : "LONGER than expected"}`;
  }

  #item(id: string, change: Partial<MenuItem>): void {
    const item = this.menu.find(({ entry }) => entry.id === id);
    if (item !== undefined) Object.assign(item, change);
  }

  #instance(id: string, state: InstanceState): void {
    const service = id.replace(/-\d+$/, "");
    const own = this.services.get(service);
    if (own?.has(id) === true) own.set(id, state);
  }
}
