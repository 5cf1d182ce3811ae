/**
 * Adds up the balances of every lane in the lake, as a dashboard would that waits for no fence: where a sum is not
 * the constant, one leg of a transfer was visible and the other was not.
 */
import { host } from "../../core/host.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";
import { laneBalances, type LaneBalance } from "../../slo/probes/reader.ts";
import type { BankLoad } from "./bank-load.ts";
import type { Session } from "./session.ts";

/** A look reads every account of the run: kept to a tenth of the time, whatever it comes to cost. */
const PAUSE_PER_LOOK = 9;

export class BalanceLooks {
  readonly #session: Session;
  readonly #load: BankLoad;
  readonly #trino: TrinoClient;
  #dueMs = Infinity;

  constructor(session: Session, load: BankLoad, trino: TrinoClient) {
    this.#session = session;
    this.#load = load;
    this.#trino = trino;
  }

  /** Not before the opening state is whole in the lake: until then no sum means anything. */
  begin(): void {
    this.#dueMs = host.monotonicMs();
  }

  /** Looks where it is time to. Rejects with the engine's answer, or when `signal` aborts. */
  async lookWhenDue(signal: AbortSignal): Promise<void> {
    const startMs = host.monotonicMs();
    if (startMs < this.#dueMs) return;
    try {
      await this.#look(signal);
    } finally {
      const endMs = host.monotonicMs();
      this.#dueMs = endMs + PAUSE_PER_LOOK * (endMs - startMs);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { journal } = this.#session;
    const askedMs = journal.nowMs();
    const seen = await laneBalances(this.#trino, this.#load.bucketMin, signal);
    const seenMs = journal.nowMs();
    const expected = this.#load
      .digests()
      .map(({ lane, digest }) => ({ lane, balanceSum: digest.balanceSum }));
    const torn = differences(expected, seen);
    journal.append({
      kind: "balances.seen",
      ...{ askedMs, seenMs, laneCount: expected.length },
      tornLanes: torn.map(({ lane }) => lane),
      differenceMax: String(torn.reduce((most, { cents }) => (cents > most ? cents : most), 0n)),
    });
  }
}

/** Lanes whose sum is not what it has to be, with how much it is off. A lane that is not there holds nothing. */
export function differences(
  expected: readonly LaneBalance[],
  seen: readonly LaneBalance[],
): readonly { readonly lane: number; readonly cents: bigint }[] {
  const sums = new Map(seen.map(({ lane, balanceSum }) => [lane, BigInt(balanceSum)]));
  return expected.flatMap(({ lane, balanceSum }) => {
    const off = (sums.get(lane) ?? 0n) - BigInt(balanceSum);
    return off === 0n ? [] : [{ lane, cents: off < 0n ? -off : off }];
  });
}
