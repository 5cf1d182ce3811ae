/** Writes down when each canary of this run was first read from Kafka, and where it lies there. */
import { CANARY_LANE } from "../../core/bank-schema.ts";
import { sourceEpochMs, type BankEvent } from "../../generators/envelope.ts";
import { firstCanaryOf, runMsAt, type Session } from "./session.ts";

type CaptureSession = Pick<Session, "journal" | "startedAtEpochMs">;

export class CanaryCaptures {
  readonly #session: CaptureSession;
  readonly #firstNumber: number;
  readonly #seen = new Set<number>();

  constructor(session: CaptureSession) {
    this.#session = session;
    this.#firstNumber = firstCanaryOf(session);
  }

  /** Any event: what is no canary of this run, or was told before, is passed over. `json` is its whole envelope. */
  take(event: BankEvent, json: unknown, place: { partition: number; offset: number }): void {
    const { journal } = this.#session;
    const canary = event.seq - this.#firstNumber;
    if (event.lane !== CANARY_LANE || event.op === "d" || canary < 0) return;
    if (this.#seen.has(canary)) return;
    this.#seen.add(canary);
    const seenMs = journal.nowMs();
    const epochMs = sourceEpochMs(json);
    journal.append({
      kind: "canary.captured",
      ...{ canary, table: event.table, partition: place.partition, offset: place.offset, seenMs },
      ...(epochMs === undefined ? {} : { sourceMs: runMsAt(journal, epochMs) }),
    });
  }
}
