/** Several agents for one job: checked, prepared, started at one instant, and ended together. */
import type { Json } from "../../core/contracts/values.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { VERSION } from "../version.ts";
import { clockProblem, type ClockOffset } from "./clocks.ts";
import type { AgentCommand } from "./commands.ts";
import { AgentLink } from "./link.ts";
import { AGENT_SCHEMA, type Report } from "./protocol.ts";

/** A login and a cold start of Node. */
const HELLO_MS_MAX = 30_000;
/** The order must be there before the instant it names. */
const START_LEAD_MS = 1000;
/** Enough for what is under way to be acknowledged or given up. */
const FINISH_MS_MAX = 30_000;
/** Ctrl-C reaches an agent's ssh as it reaches us: it must not pass for an agent that was lost. */
const SAME_WISH_MS = 500;

export interface CrewOptions {
  readonly commands: readonly AgentCommand[];
  /** What they must be made for. */
  readonly work: string;
  /** One for each, in their order. */
  readonly jobs: readonly Json[];
  readonly readyMsMax: number;
  /** What speaks against an agent that has prepared its job, e.g. "sees another cluster". */
  readonly problemOf?: (facts: Json) => string | undefined;
  readonly onEvent?: (agent: number, body: Json) => void;
  readonly signal: AbortSignal;
}

export interface AgentEnd {
  readonly name: string;
  readonly startLateMs: number;
  /** How far the instant of its start may be from the others'. */
  readonly clockErrorMs: number;
  /** Absent where the agent was lost. */
  readonly result?: Json;
  /** Why there is no result. */
  readonly lost?: string;
}

/** For work whose length nobody knows: as long as a timer can wait. */
export const NO_LIMIT_MS = 2 ** 31 - 1;

export interface CrewStart {
  readonly startMonotonicMs: number;
  readonly startEpochMs: number;
}

export class AgentCrew implements AsyncDisposable {
  readonly #links: readonly AgentLink[];
  readonly #clocks: readonly ClockOffset[];
  readonly #signal: AbortSignal;
  readonly #disposed = new AbortController();
  #finished = false;

  private constructor(
    links: readonly AgentLink[],
    clocks: readonly ClockOffset[],
    signal: AbortSignal,
  ) {
    this.#links = links;
    this.#clocks = clocks;
    this.#signal = signal;
  }

  /**
   * Resolves when all are ready. Rejects with AGENT_REFUSED, naming every agent that cannot take part and why, when
   * no load has begun; all are ended then. Rejects with the signal's reason when it is aborted.
   */
  static async gather(options: CrewOptions): Promise<AgentCrew> {
    const { commands, onEvent, signal } = options;
    const links = commands.map(
      (command, index) =>
        new AgentLink(command, (body) => {
          onEvent?.(index, body);
        }),
    );
    try {
      const clocks = await all(links, (link) => introduced(link, options.work, signal), signal);
      await all(
        links,
        (link, index) => prepared(link, options.jobs[index] ?? null, options),
        signal,
      );
      return new AgentCrew(links, clocks, signal);
    } catch (error) {
      await endAll(links);
      throw error;
    }
  }

  /** Tells all of them the one instant, a little ahead, each on its own clock. */
  start(): CrewStart {
    const startMonotonicMs = host.monotonicMs() + START_LEAD_MS;
    const startEpochMs = host.epochMs() + START_LEAD_MS;
    for (const [index, link] of this.#links.entries()) {
      const offsetMs = this.#clocks[index]?.monotonicMs ?? 0;
      link.start(startMonotonicMs + offsetMs, startEpochMs);
    }
    return { startMonotonicMs, startEpochMs };
  }

  /** Nothing more is offered; what there is will be told. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    for (const link of this.#links) link.send({ kind: "finish" });
    void host.sleep(FINISH_MS_MAX, this.#disposed.signal).then(
      () => {
        for (const link of this.#links) link.lose("did not end when it was told to");
      },
      () => undefined,
    );
  }

  /**
   * How each ended, in their order. The first one that is lost ends the others: a sum over some of them would pass
   * for the whole. Rejects with the signal's reason alone.
   *
   * @param msMax - later than that after now, an agent that has not ended counts as lost
   */
  ends(msMax: number): Promise<readonly AgentEnd[]> {
    const ends = this.#links.map(async (link, index): Promise<AgentEnd> => {
      const clockErrorMs = this.#clocks[index]?.errorMs ?? Number.NaN;
      const about = (): Omit<AgentEnd, "result" | "lost"> => ({
        ...{ name: link.name, startLateMs: link.startLateMs, clockErrorMs },
      });
      try {
        const { result } = await link.answer("ended", msMax, this.#signal);
        return { ...about(), result };
      } catch (error) {
        await host.sleep(SAME_WISH_MS, this.#signal);
        this.finish();
        return { ...about(), lost: reasonOf(error) };
      }
    });
    return untilAborted(Promise.all(ends), this.#signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await endAll(this.#links);
  }
}

async function endAll(links: readonly AgentLink[]): Promise<void> {
  await Promise.all(links.map((link) => link[Symbol.asyncDispose]()));
}

/** Waits for all, so that every problem is named at once. */
async function all<T>(
  links: readonly AgentLink[],
  ask: (link: AgentLink, index: number) => Promise<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const settled = await Promise.allSettled(links.map(ask));
  const reasons = settled.flatMap((one) =>
    one.status === "rejected" ? [reasonOf(one.reason)] : [],
  );
  if (reasons.length > 0) {
    await host.sleep(SAME_WISH_MS, signal);
    throw new LakeproofError("AGENT_REFUSED", reasons.join(" "), {
      hint: "Correct this, or leave the agent out; no load was begun.",
    });
  }
  signal.throwIfAborted();
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

async function introduced(
  link: AgentLink,
  work: string,
  signal: AbortSignal,
): Promise<ClockOffset> {
  const hello = await link.answer("hello", HELLO_MS_MAX, signal);
  refuseFor(link, helloProblem(hello, work, VERSION));
  const clock = await link.clock(signal);
  refuseFor(link, clockProblem(clock));
  return clock;
}

async function prepared(link: AgentLink, job: Json, options: CrewOptions): Promise<void> {
  link.send({ kind: "job", job });
  const { facts } = await link.answer("ready", options.readyMsMax, options.signal);
  refuseFor(link, options.problemOf?.(facts));
}

function refuseFor(link: AgentLink, problem: string | undefined): void {
  if (problem === undefined) return;
  throw new LakeproofError("AGENT_REFUSED", `${link.name} is refused: ${problem}.`, {
    hint: "Correct this, or leave the agent out; no load was begun.",
  });
}

/** Versions must be equal: the same seed gives the same operations only then. */
export function helloProblem(
  hello: Extract<Report, { kind: "hello" }>,
  work: string,
  version: string,
): string | undefined {
  if (hello.version !== version) return `it is lakeproof ${hello.version}, and this is ${version}`;
  if (hello.schema !== AGENT_SCHEMA) return `it speaks ${hello.schema}, and this ${AGENT_SCHEMA}`;
  return hello.work === work ? undefined : `it is made for ${hello.work}, not for ${work}`;
}
