/**
 * What the JMX exporter reads inside a Kafka broker and inside a Connect worker. Only the named beans are
 * asked, and each rule takes one attribute: a broker has thousands of beans, and a scrape that walked them all
 * would cost more than what it measures.
 */
import type { MetricName } from "./metrics/index.ts";
import { yamlText } from "./yaml.ts";

export interface JmxReading {
  readonly metric: MetricName;
  /** Object name, its keys in the order in which the bean was named. What a `*` matches is $1, $2 in the labels. */
  readonly bean: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly attribute: string;
  readonly type: "COUNTER" | "GAUGE";
  readonly help: string;
}

const TOPIC_METRICS = "kafka.server:type=BrokerTopicMetrics";
const REPLICAS = "kafka.server:type=ReplicaManager";
const CONTROLLER = "kafka.controller:type=KafkaController";

export const BROKER_READINGS: readonly JmxReading[] = [
  gauge("kafka_under_replicated_partitions", `${REPLICAS},name=UnderReplicatedPartitions`),
  gauge("kafka_under_min_isr_partitions", `${REPLICAS},name=UnderMinIsrPartitionCount`),
  gauge("kafka_active_controllers", `${CONTROLLER},name=ActiveControllerCount`),
  gauge("kafka_offline_partitions", `${CONTROLLER},name=OfflinePartitionsCount`),
  gauge("kafka_active_brokers", `${CONTROLLER},name=ActiveBrokerCount`),
  {
    metric: "kafka_topic_messages_in_total",
    bean: `${TOPIC_METRICS},name=MessagesInPerSec,topic=*`,
    labels: { topic: "$1" },
    attribute: "Count",
    type: "COUNTER",
    help: "Records appended to the topic's partitions that this broker leads",
  },
  {
    metric: "kafka_topic_bytes_in_total",
    bean: `${TOPIC_METRICS},name=BytesInPerSec,topic=*`,
    labels: { topic: "$1" },
    attribute: "Count",
    type: "COUNTER",
    help: "Bytes appended to the topic's partitions that this broker leads",
  },
  {
    metric: "kafka_topic_bytes_out_total",
    bean: `${TOPIC_METRICS},name=BytesOutPerSec,topic=*`,
    labels: { topic: "$1" },
    attribute: "Count",
    type: "COUNTER",
    help: "Bytes of the topic that consumers fetched from this broker",
  },
  ...["Produce", "FetchConsumer"].map((request): JmxReading => ({
    metric: "kafka_request_time_p99_milliseconds",
    bean: `kafka.network:type=RequestMetrics,name=TotalTimeMs,request=${request}`,
    labels: { request },
    attribute: "99thPercentile",
    type: "GAUGE",
    help: "99th percentile of the time a request took from its arrival to its answer",
  })),
  {
    metric: "kafka_request_handler_idle_ratio",
    bean: "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
    labels: {},
    attribute: "OneMinuteRate",
    type: "GAUGE",
    help: "Share of time the request handlers had nothing to do, last minute",
  },
];

const STREAMING = "debezium.postgres:type=connector-metrics,context=streaming,server=*";
const SOURCES = "kafka.connect:type=source-task-metrics,connector=*,task=*";
const WORKER = "kafka.connect:type=connect-worker-metrics";

export const CONNECT_READINGS: readonly JmxReading[] = [
  streaming("debezium_lag_milliseconds", "MilliSecondsBehindSource", "GAUGE"),
  streaming("debezium_since_last_event_milliseconds", "MilliSecondsSinceLastEvent", "GAUGE"),
  streaming("debezium_events_seen_total", "TotalNumberOfEventsSeen", "COUNTER"),
  streaming("debezium_events_erroneous_total", "NumberOfErroneousEvents", "COUNTER"),
  streaming("debezium_connected", "Connected", "GAUGE"),
  streaming("debezium_queue_capacity", "QueueTotalCapacity", "GAUGE"),
  streaming("debezium_queue_remaining", "QueueRemainingCapacity", "GAUGE"),
  {
    metric: "connect_source_records_written_total",
    bean: SOURCES,
    labels: { connector: "$1", task: "$2" },
    attribute: "source-record-write-total",
    type: "COUNTER",
    help: "Records the task's producer has written to Kafka",
  },
  {
    metric: "connect_tasks",
    bean: WORKER,
    labels: {},
    attribute: "task-count",
    type: "GAUGE",
    help: "Tasks this worker was given",
  },
  {
    metric: "connect_failed_tasks",
    bean: `${WORKER},connector=*`,
    labels: { connector: "$1" },
    attribute: "connector-failed-task-count",
    type: "GAUGE",
    help: "Failed tasks of the connector on this worker",
  },
  {
    metric: "connect_running_tasks",
    bean: `${WORKER},connector=*`,
    labels: { connector: "$1" },
    attribute: "connector-running-task-count",
    type: "GAUGE",
    help: "Running tasks of the connector on this worker",
  },
];

function gauge(metric: MetricName, bean: string): JmxReading {
  const help = `Value of ${bean.split("name=")[1] ?? bean}`;
  return { metric, bean, labels: {}, attribute: "Value", type: "GAUGE", help };
}

function streaming(metric: MetricName, attribute: string, type: JmxReading["type"]): JmxReading {
  const help = `Debezium's ${attribute} while streaming`;
  return { metric, bean: STREAMING, labels: { server: "$1" }, attribute, type, help };
}

/** The agent's configuration file. */
export function jmxYaml(readings: readonly JmxReading[]): string {
  return yamlText({
    includeObjectNames: [...new Set(readings.map((reading) => reading.bean))],
    rules: readings.map((reading) => ({
      pattern: patternOf(reading),
      name: reading.metric,
      type: reading.type,
      help: reading.help,
      labels: reading.labels,
    })),
  });
}

/** The exporter writes a bean as `domain<key=value, key=value><>attribute` before it matches. */
function patternOf({ bean, attribute }: JmxReading): string {
  const [domain = "", keys = ""] = bean.split(":");
  const properties = keys.split(",").map(literal).join(", ").replaceAll("\\*", "(.+)");
  return `${literal(domain)}<${properties}><>${literal(attribute)}:`;
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
