/** Kafka: topics, a real probe, offsets, and the tap that reads every committed change. */
import { Admin, Consumer, MessagesStreamModes, Producer, type Message } from "@platformatic/kafka";
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { isAborted, untilAborted } from "../../core/until-aborted.ts";

const CLIENT_ID = "lakeproof";

export interface TopicSpec {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Creates what is missing; topics that exist already are left as they are. */
export async function createTopics(
  addresses: readonly string[],
  topics: readonly TopicSpec[],
  signal: AbortSignal,
): Promise<void> {
  const admin = new Admin({ clientId: CLIENT_ID, bootstrapBrokers: [...addresses], retries: 3 });
  try {
    for (const topic of topics) {
      await untilAborted(createTopic(admin, topic), signal);
    }
  } finally {
    void admin.close().catch(() => undefined);
  }
}

/** Topics that are not there are no error. */
export async function deleteTopics(
  addresses: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const admin = new Admin({ clientId: CLIENT_ID, bootstrapBrokers: [...addresses], retries: 3 });
  try {
    for (const topic of topics) {
      await untilAborted(deleteTopic(admin, topic), signal);
    }
  } finally {
    void admin.close().catch(() => undefined);
  }
}

async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.deleteTopics({ topics: [topic] });
  } catch (error) {
    if (!/UNKNOWN_TOPIC_OR_PARTITION|does not host this topic/.test(deepReason(error))) throw error;
  }
}

async function createTopic(admin: Admin, topic: TopicSpec): Promise<void> {
  try {
    await admin.createTopics({
      topics: [topic.name],
      partitions: topic.partitionCount,
      replicas: topic.replicationFactor,
      configs: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
    });
  } catch (error) {
    if (!existsAlready(error)) throw error;
  }
}

/** The library nests the broker's answer inside aggregate errors. */
function deepReason(error: unknown): string {
  if (error instanceof AggregateError)
    return [error.message, ...error.errors.map(deepReason)].join(" ");
  const own = reasonOf(error);
  return error instanceof Error && error.cause !== undefined
    ? `${own} ${deepReason(error.cause)}`
    : own;
}

/** A record produced to and acknowledged by this very broker, not an open port. */
export async function probeBroker(
  address: string,
  brokerId: number,
  signal: AbortSignal,
): Promise<void> {
  // A topic a broker, with one copy that lives there: the state of its peers must not matter.
  const topic = `lakeproof.probe.${String(brokerId)}`;
  const admin = new Admin({ clientId: CLIENT_ID, bootstrapBrokers: [address], retries: 0 });
  const producer = new Producer({ clientId: CLIENT_ID, bootstrapBrokers: [address], retries: 0 });
  try {
    await untilAborted(createOn(admin, topic, brokerId), signal);
    const messages = [{ topic, partition: 0, value: Buffer.from("probe") }];
    await untilAborted(producer.send({ messages, acks: -1 }), signal);
  } finally {
    void admin.close().catch(() => undefined);
    void producer.close().catch(() => undefined);
  }
}

async function createOn(admin: Admin, topic: string, brokerId: number): Promise<void> {
  try {
    await admin.createTopics({
      topics: [topic],
      assignments: [{ partition: 0, brokers: [brokerId] }],
      configs: [{ name: "min.insync.replicas", value: "1" }],
    });
  } catch (error) {
    if (!existsAlready(error)) throw error;
  }
}

function existsAlready(error: unknown): boolean {
  return /TOPIC_ALREADY_EXISTS|already exists/.test(deepReason(error));
}

/** Next offset to be written per "topic/partition". */
export function endOffsets(
  addresses: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  return listOffsets(addresses, { topics: [...topics] }, signal);
}

/** Offset of the first record with this time or a later one; partitions without such a record are left out. */
export async function offsetsAt(
  addresses: readonly string[],
  topics: readonly string[],
  epochMs: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const timestamp = BigInt(Math.floor(epochMs));
  const found = await listOffsets(addresses, { topics: [...topics], timestamp }, signal);
  return new Map([...found].filter(([, offset]) => offset >= 0));
}

async function listOffsets(
  addresses: readonly string[],
  wanted: Parameters<Consumer["listOffsets"]>[0],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const consumer = new Consumer({
    groupId: `lakeproof-offsets-${host.randomHex(6)}`,
    clientId: CLIENT_ID,
    bootstrapBrokers: [...addresses],
    retries: 2,
  });
  try {
    const found = await untilAborted(consumer.listOffsets(wanted), signal);
    return new Map(
      [...found].flatMap(([topic, offsets]) =>
        offsets.map(
          (offset, partition) => [`${topic}/${String(partition)}`, Number(offset)] as const,
        ),
      ),
    );
  } finally {
    void closed(consumer);
  }
}

export interface TapMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: Buffer;
}

export interface Tap {
  /** Closes the consumer; messages already handed out stay counted. */
  close(): Promise<void>;
}

export interface TapOptions {
  readonly addresses: readonly string[];
  readonly topics: readonly string[];
  readonly partitionCount: number;
  /** First offset to read per "topic/partition"; 0 where absent. */
  readonly startOffsets: ReadonlyMap<string, number>;
  readonly onMessage: (message: TapMessage) => void;
  readonly onError: (reason: string) => void;
}

/**
 * Reads the topics from their beginning, only committed transactions, and hands over each record once.
 * Survives a broker that goes away: reconnects and goes on where it was.
 */
export function openTap(options: TapOptions): Tap {
  return new ReconnectingTap(options);
}

class ReconnectingTap implements Tap {
  readonly #options: TapOptions;
  /** Next offset per topic-partition: the tap's own memory, so that no group commit is needed. */
  readonly #next = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: TapOptions) {
    this.#options = options;
    for (const topic of options.topics) {
      for (let partition = 0; partition < options.partitionCount; partition += 1) {
        const key = `${topic}/${String(partition)}`;
        this.#next.set(key, options.startOffsets.get(key) ?? 0);
      }
    }
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException("closing", "AbortError"));
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (isAborted(this.#closing.signal)) return;
        this.#options.onError(deepReason(error).slice(0, 300));
      }
      await host.sleep(500, this.#closing.signal).catch(() => undefined);
    }
  }

  async #session(): Promise<void> {
    const consumer = new Consumer({
      // A fresh group each time: the membership of a dead session must not delay the next one.
      groupId: `lakeproof-tap-${host.randomHex(6)}`,
      clientId: CLIENT_ID,
      bootstrapBrokers: [...this.#options.addresses],
      autocommit: false,
      retries: 2,
      connectTimeout: 3000,
    });
    // The consumer tells of what it cannot mend by itself in no other way; unheard, it would end the process.
    const broken = new AbortController();
    consumer.on("error", (error: unknown) => {
      broken.abort(error);
    });
    const over = AbortSignal.any([this.#closing.signal, broken.signal]);
    try {
      const stream = await untilAborted(
        consumer.consume({
          topics: [...this.#options.topics],
          mode: MessagesStreamModes.MANUAL,
          offsets: this.#offsets(),
          isolationLevel: 1,
          maxWaitTime: 200,
          sessionTimeout: 10_000,
          heartbeatInterval: 2000,
        }),
        host.deadline(15_000, over),
      );
      const abort = (): void => {
        void Promise.resolve(stream.close()).catch(() => undefined);
      };
      over.addEventListener("abort", abort, { once: true });
      for await (const message of stream) this.#take(message);
      broken.signal.throwIfAborted();
    } finally {
      await Promise.race([closed(consumer), host.sleep(2000)]);
    }
  }

  #offsets(): { topic: string; partition: number; offset: bigint }[] {
    return [...this.#next].map(([key, offset]) => {
      const [topic = "", partition] = key.split("/");
      return { topic, partition: Number(partition), offset: BigInt(offset) };
    });
  }

  #take(message: Message): void {
    const key = `${message.topic}/${String(message.partition)}`;
    const offset = Number(message.offset);
    if (offset < (this.#next.get(key) ?? 0)) return;
    this.#next.set(key, offset + 1);
    this.#options.onMessage({
      topic: message.topic,
      partition: message.partition,
      offset,
      value: message.value,
    });
  }
}

/** A consumer whose broker is g/** A consumer whose broker is gone fails to leave its group: that is no news. */
function closed(consumer: Consumer): Promise<void> {
  return new Promise((resolve) => {
    consumer.close(true, () => {
      resolve();
    });
  });
}
