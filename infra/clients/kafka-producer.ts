/**
 * An idempotent producer for record batches that are laid out already: acks from all in-sync copies, a few
 * requests under way, and after a break the same batches again in their order with their old sequence numbers,
 * so that the broker can tell what it has. For load generation: a record costs nothing here.
 */
import {
  Connection,
  initProducerIdV4,
  metadataV12,
  produceV9,
  ProtocolError,
  ResponseError,
  Writer,
} from "@platformatic/kafka";
import type { Outcome } from "../../core/contracts/values.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { sealBatch } from "./kafka-batch.ts";

type ProduceResponse = ReturnType<typeof produceV9.parseResponse>;

const CLIENT_ID = "lakeproof-load";
/** The most for which a broker remembers what an idempotent producer has sent. */
const IN_FLIGHT_MAX = 5;
const REQUEST_MS_MAX = 30_000;
const RETRY_MS = 200;
/** A broker that has just started, or a topic that was just made, is not known everywhere at once. */
const SETTLE_MS_MAX = 20_000;
const SEQUENCES = 0x8000_0000;
const ACKS_ALL = -1;

const NONE = 0;
const DUPLICATE_SEQUENCE_NUMBER = 46;
/** It will never be taken: corrupt, too large, unknown format, not allowed, invalid. Anything else is tried again. */
const DEFINITE_ERRORS: ReadonlySet<number> = new Set([2, 10, 17, 18, 29, 42, 43, 76, 87]);

export interface TopicLayout {
  readonly topic: string;
  readonly partitionCount: number;
}

export interface Cluster {
  readonly id: string | null;
  readonly hosts: readonly string[];
}

/** Records of one partition, in record format 2. */
export interface RecordsToSend {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly timestampMs: number;
  bytes(): Uint8Array;
}

export interface ProducerOptions {
  readonly addresses: readonly string[];
  readonly topics: readonly string[];
  /** A group that was not acknowledged after so long ends unknown. */
  readonly deliveryMsMax: number;
}

interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  state: Outcome | "open";
}

interface Group {
  readonly order: number;
  readonly batches: readonly Batch[];
  readonly startedMs: number;
  readonly settle: (outcome: Outcome) => void;
}

interface Leader {
  readonly host: string;
  readonly port: number;
}

/** The broker answered, and says that it may answer otherwise soon. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof LakeproofError) || !(error.cause instanceof ResponseError)) return false;
  return error.cause.errors.every((one) => one instanceof ProtocolError && one.canRetry === true);
}

function detailOf(error: ResponseError): string {
  return [...new Set(error.errors.map(reasonOf))].join("; ");
}

export class BatchProducer {
  /** After compression, headers of batches included. */
  sentBytes = 0;
  retryCount = 0;
  lastProblem = "";
  /** How the brokers call their cluster, and where they say they are, whatever they were asked at. */
  cluster: Cluster = { id: null, hosts: [] };
  readonly #options: ProducerOptions;
  readonly #leaders = new Map<string, Leader>();
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #sequences = new Map<string, number>();
  readonly #waiting: Group[] = [];
  #producerId = -1n;
  #producerEpoch = -1;
  #order = 0;
  #inFlight = 0;
  #recovering = false;
  /** Sequence numbers were given to batches that no broker took: only a new producer may go on. */
  #gap = false;
  #closed = false;

  private constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /** Throws CLIENT_FAILED where no broker answers, CONFIG_INVALID where a topic is missing. */
  static async open(options: ProducerOptions): Promise<BatchProducer> {
    const producer = new BatchProducer(options);
    const giveUpMs = host.monotonicMs() + SETTLE_MS_MAX;
    for (;;) {
      try {
        await producer.#refresh();
        await producer.#register();
        return producer;
      } catch (error) {
        if (!isPassing(error) || host.monotonicMs() > giveUpMs) {
          await producer.close();
          throw error;
        }
        await host.sleep(RETRY_MS);
      }
    }
  }

  /** False while a group more would have to wait. */
  get hasRoom(): boolean {
    return this.#inFlight < IN_FLIGHT_MAX && !this.#recovering && !this.#closed;
  }

  get inFlightCount(): number {
    return this.#inFlight;
  }

  layout(): readonly TopicLayout[] {
    return this.#options.topics.map((topic) => ({
      topic,
      partitionCount: [...this.#leaders.keys()].filter((key) => key.startsWith(`${topic}/`)).length,
    }));
  }

  /**
   * Compresses and sends at once; the records may be overwritten when it returns. Only while `hasRoom`.
   * Resolves when every record is in, refused for good, or nobody can tell. Never rejects.
   */
  send(runs: readonly RecordsToSend[]): Promise<Outcome> {
    const batches = runs.map((run) => this.#seal(run));
    return new Promise((settle) => {
      this.#order += 1;
      this.#inFlight += 1;
      const group = { order: this.#order, batches, startedMs: host.monotonicMs(), settle };
      void this.#attempt(group);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#disconnect();
  }

  #seal(run: RecordsToSend): Batch {
    const { topic, partition } = run;
    const key = `${topic}/${String(partition)}`;
    const baseSequence = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, (baseSequence + run.count) % SEQUENCES);
    const bytes = sealBatch(run.bytes(), {
      recordCount: run.count,
      timestampMs: run.timestampMs,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence,
    });
    this.sentBytes += bytes.length;
    return { topic, partition, bytes, state: "open" };
  }

  async #attempt(group: Group): Promise<void> {
    await this.#deliver(group);
    if (!this.#settled(group)) this.#waiting.push(group);
    else if (!this.#gap) return;
    if (this.#recovering || this.#closed) return;
    this.#recovering = true;
    await this.#recover();
  }

  /** Sends what is open, one request a leader. Batches stay open where a later attempt may still succeed. */
  async #deliver(group: Group): Promise<void> {
    const byLeader = Map.groupBy(
      group.batches.filter(({ state }) => state === "open"),
      ({ topic, partition }) => this.#leaders.get(`${topic}/${String(partition)}`),
    );
    await Promise.all(
      [...byLeader].map(async ([leader, batches]) => {
        if (leader === undefined) return;
        try {
          const connection = await this.#connect(leader);
          this.#read(await produce(connection, batches), batches);
        } catch (error) {
          this.lastProblem = reasonOf(error);
        }
      }),
    );
  }

  #read(response: ProduceResponse, batches: readonly Batch[]): void {
    for (const { name, partitionResponses } of response.responses) {
      for (const { index, errorCode, errorMessage } of partitionResponses) {
        const batch = batches.find((sent) => sent.topic === name && sent.partition === index);
        if (batch === undefined) continue;
        if (errorCode === NONE || errorCode === DUPLICATE_SEQUENCE_NUMBER) batch.state = "ok";
        else {
          this.lastProblem = `Kafka error ${String(errorCode)} for ${name}/${String(index)} ${errorMessage ?? ""}`;
          if (DEFINITE_ERRORS.has(errorCode)) batch.state = "fail";
        }
      }
    }
  }

  /** True when the group is done with. What is late beyond the limit is unknown from then on. */
  #settled(group: Group): boolean {
    const late = host.monotonicMs() - group.startedMs > this.#options.deliveryMsMax;
    if (late || this.#closed) {
      for (const batch of group.batches) if (batch.state === "open") batch.state = "unknown";
    }
    const states = new Set(group.batches.map(({ state }) => state));
    if (states.has("open")) return false;
    this.#inFlight -= 1;
    this.#gap ||= states.has("unknown") || states.has("fail");
    group.settle(states.has("unknown") ? "unknown" : states.has("fail") ? "fail" : "ok");
    return true;
  }

  /** One group at a time, in order, when nothing else is under way: what went before decides what a broker takes. */
  async #recover(): Promise<void> {
    while (this.#inFlight > 0) {
      await host.sleep(RETRY_MS);
      if (this.#inFlight > this.#waiting.length) continue;
      this.#waiting.sort((a, b) => a.order - b.order);
      const [group] = this.#waiting;
      if (group === undefined) break;
      this.retryCount += 1;
      await this.#disconnect();
      await this.#refresh().catch((error: unknown) => {
        this.lastProblem = reasonOf(error);
      });
      await this.#deliver(group);
      if (this.#settled(group)) this.#waiting.shift();
    }
    while (this.#gap && !this.#closed) {
      try {
        await this.#register();
        this.#gap = false;
      } catch (error) {
        this.lastProblem = reasonOf(error);
        await host.sleep(RETRY_MS);
      }
    }
    this.#recovering = false;
  }

  async #refresh(): Promise<void> {
    const { topics } = this.#options;
    const found = await this.#ask((connection) =>
      metadataV12.api.async(connection, [...topics], false, false),
    );
    this.cluster = { id: found.clusterId ?? null, hosts: found.brokers.map((one) => one.host) };
    const brokers = new Map(found.brokers.map((broker) => [broker.nodeId, broker]));
    for (const { name, partitions } of found.topics) {
      for (const { partitionIndex, leaderId } of partitions) {
        const leader = brokers.get(leaderId);
        const key = `${name ?? ""}/${String(partitionIndex)}`;
        if (leader !== undefined) this.#leaders.set(key, { host: leader.host, port: leader.port });
      }
    }
  }

  async #register(): Promise<void> {
    const made = await this.#ask((connection) =>
      initProducerIdV4.api.async(connection, null, 0, -1n, -1),
    );
    this.#producerId = made.producerId;
    this.#producerEpoch = made.producerEpoch;
    this.#sequences.clear();
  }

  /** The first bootstrap address that answers. */
  async #ask<T>(question: (connection: Connection) => Promise<T>): Promise<T> {
    const { addresses } = this.#options;
    let cause: unknown;
    for (const address of addresses) {
      const [name = "", port] = address.split(":");
      try {
        return await question(await this.#connect({ host: name, port: Number(port) }));
      } catch (error) {
        cause = error;
      }
    }
    const problem = cause instanceof ResponseError ? detailOf(cause) : reasonOf(cause);
    throw new LakeproofError(
      "CLIENT_FAILED",
      `No broker at ${addresses.join(", ")} answered: ${problem}`,
      { cause, hint: "See that Kafka is up at these addresses and has the bank's topics." },
    );
  }

  #connect({ host: name, port }: Leader): Promise<Connection> {
    const key = `${name}:${String(port)}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const connecting = connected(name, port);
    this.#connections.set(key, connecting);
    connecting.catch(() => this.#connections.delete(key));
    return connecting;
  }

  async #disconnect(): Promise<void> {
    const open = await Promise.allSettled(this.#connections.values());
    this.#connections.clear();
    await Promise.allSettled(
      open.map(async (result) => {
        if (result.status === "fulfilled") await result.value.close();
      }),
    );
  }
}

async function connected(name: string, port: number): Promise<Connection> {
  const connection = new Connection(CLIENT_ID, {
    connectTimeout: 3000,
    requestTimeout: REQUEST_MS_MAX,
    maxInflights: IN_FLIGHT_MAX,
  });
  // A break reaches every request under way; the event itself says nothing more.
  connection.on("error", () => undefined);
  await connection.connect(name, port);
  return connection;
}

function produce(connection: Connection, batches: readonly Batch[]): Promise<ProduceResponse> {
  return new Promise((resolve, reject) => {
    connection.send<ProduceResponse>(
      produceV9.api.key,
      produceV9.api.version,
      () => produceRequest(batches),
      (...args) => parsed(args),
      true,
      true,
      (error, response) => {
        if (response !== undefined) resolve(response);
        else reject(error ?? noAnswer());
      },
    );
  });
}

function noAnswer(): LakeproofError {
  return new LakeproofError("CLIENT_FAILED", "A produce request ended without an answer.", {
    hint: "The batches are sent again.",
    definite: false,
  });
}

/** Errors of single partitions are part of the answer here, not a failure of the request. */
function parsed(args: Parameters<typeof produceV9.parseResponse>): ProduceResponse {
  try {
    return produceV9.parseResponse(...args);
  } catch (error) {
    if (error instanceof ResponseError && "response" in error) {
      return error.response as ProduceResponse;
    }
    throw error;
  }
}

function produceRequest(batches: readonly Batch[]): Writer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)];
  return Writer.create()
    .appendString(null)
    .appendInt16(ACKS_ALL)
    .appendInt32(REQUEST_MS_MAX)
    .appendArray(topics, (writer, [topic, parts]) => {
      writer.appendString(topic).appendArray(parts, (part, { partition, bytes }) => {
        part
          .appendInt32(partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes);
      });
    })
    .appendTaggedFields();
}
