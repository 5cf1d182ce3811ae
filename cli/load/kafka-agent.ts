/** `lakeproof load-agent`: the lanes of a load into Kafka that fall to one of several hosts. */
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { Json } from "../../core/contracts/values.ts";
import { serveAgent, type AgentContext, type PreparedWork } from "../agents/serve.ts";
import { insideLab } from "../inside.ts";
import { brokersOf, loopbackOnly } from "./kafka-addresses.ts";
import { KAFKA_WORK, KafkaJob, readyOf, type KafkaEnd } from "./kafka-agent-protocol.ts";
import { topicsOf } from "./kafka-load.ts";
import { KafkaThreads } from "./kafka-threads.ts";
import type { WorkerHealth } from "./kafka-worker-protocol.ts";

export function loadAgent(): Promise<number> {
  return serveAgent({ name: KAFKA_WORK, prepare });
}

async function prepare(value: Json, context: AgentContext): Promise<PreparedWork> {
  const job = KafkaJob.parse(value);
  const addresses = allowed(job.addresses);
  const topics = await topicsOf(addresses);
  const { workerCount, index, count, ...plan } = job;
  const options = { ...plan, addresses, seed: BigInt(job.seed) };
  const facts = readyOf(options, topics);
  const threads = await KafkaThreads.open({
    ...options,
    ...(workerCount === null ? {} : { workerCount }),
    ...{ resumed: [], share: { index, count }, signal: context.signal },
    journal: (body: JournalBody) => {
      context.tell({ kind: "journal", body: { ...body } as Json });
    },
    onHealth: (health: WorkerHealth, isMeasured: boolean) => {
      context.tell({ kind: "health", health: { ...health }, isMeasured });
    },
    onSecond: () => undefined,
  });
  const finish = (): void => {
    threads.finish();
  };
  context.finish.addEventListener("abort", finish, { once: true });
  return {
    facts,
    run: async (start): Promise<KafkaEnd> => {
      const { workers, cpuMs, rssBytesMax } = await threads.run(start);
      return { workers, cpuMs, rssBytesMax };
    },
    [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose](),
  };
}

/** The order may come from anywhere: where load may go is for every host to keep. */
function allowed(addresses: readonly string[]): readonly string[] {
  const lab = insideLab();
  const own = lab === undefined ? [] : brokersOf(lab);
  const others = addresses.filter((address) => !own.includes(address));
  if (others.length > 0) loopbackOnly(others.join(","));
  return addresses;
}
