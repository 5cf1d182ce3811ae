/** The JMX exporter's rules against lines as it writes them (seen at Kafka 4.3.1 and Connect 4.3.1). */
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { BROKER_READINGS, CONNECT_READINGS, jmxYaml } from "../../../../infra/monitoring/jmx.ts";

const Config = z.object({
  includeObjectNames: z.array(z.string()),
  rules: z.array(
    z.object({
      pattern: z.string(),
      name: z.string(),
      type: z.enum(["COUNTER", "GAUGE"]),
      labels: z.record(z.string(), z.string()),
    }),
  ),
});

const broker = Config.parse(JSON.parse(jmxYaml(BROKER_READINGS)));
const connect = Config.parse(JSON.parse(jmxYaml(CONNECT_READINGS)));

/** As the exporter does: the first rule that matches names the metric and fills its labels. */
function named(config: typeof broker, line: string): string | undefined {
  for (const rule of config.rules) {
    const match = new RegExp(`^.*(?:${rule.pattern}).*$`).exec(line);
    if (match === null) continue;
    const labels = Object.entries(rule.labels).map(
      ([label, text]) =>
        `${label}=${text.replaceAll(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "")}`,
    );
    return `${rule.name}{${labels.join(",")}}`;
  }
  return undefined;
}

test.for([
  [
    "kafka.server<type=BrokerTopicMetrics, name=MessagesInPerSec, topic=dbserver1.bank.users><>Count: 2000",
    "kafka_topic_messages_in_total{topic=dbserver1.bank.users}",
  ],
  [
    "kafka.server<type=ReplicaManager, name=UnderReplicatedPartitions><>Value: 0",
    "kafka_under_replicated_partitions{}",
  ],
  [
    "kafka.network<type=RequestMetrics, name=TotalTimeMs, request=Produce><>99thPercentile: 53.6",
    "kafka_request_time_p99_milliseconds{request=Produce}",
  ],
  ["kafka.network<type=RequestMetrics, name=TotalTimeMs, request=Produce><>Mean: 4.0", undefined],
  ["java.lang<type=Threading><>ThreadCount: 40", undefined],
] as const)("a broker's %s", ([line, expected]) => {
  expect(named(broker, line)).toBe(expected);
});

test.for([
  [
    "debezium.postgres<type=connector-metrics, context=streaming, server=dbserver1><>MilliSecondsBehindSource: 123",
    "debezium_lag_milliseconds{server=dbserver1}",
  ],
  [
    "debezium.postgres<type=connector-metrics, context=streaming, server=dbserver1><>MilliSecondsBehindSourceP95: 9",
    undefined,
  ],
  [
    "debezium.postgres<type=connector-metrics, context=snapshot, server=dbserver1><>TotalNumberOfEventsSeen: 7",
    undefined,
  ],
  [
    "kafka.connect<type=source-task-metrics, connector=bank, task=0><>source-record-write-total: 58",
    "connect_source_records_written_total{connector=bank,task=0}",
  ],
  ["kafka.connect<type=connect-worker-metrics><>task-count: 1", "connect_tasks{}"],
  [
    "kafka.connect<type=connect-worker-metrics, connector=bank><>connector-failed-task-count: 0",
    "connect_failed_tasks{connector=bank}",
  ],
] as const)("a worker's %s", ([line, expected]) => {
  expect(named(connect, line)).toBe(expected);
});

describe("a scrape", () => {
  it("walks only the beans it names", () => {
    expect(broker.includeObjectNames).toHaveLength(new Set(broker.includeObjectNames).size);
    expect(connect.includeObjectNames).toContain(
      "debezium.postgres:type=connector-metrics,context=streaming,server=*",
    );
  });
});
