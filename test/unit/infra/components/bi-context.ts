/** A component's context for tests of what it would start: every service has three instances at fixed addresses. */
import type { ComponentContext, Endpoints } from "../../../../core/contracts/component.ts";

const INSTANCE_COUNT = 3;
const PORTS: Readonly<Record<string, number>> = {
  postgres: 5432,
  redis: 6379,
  superset: 8088,
  minio: 9000,
  trino: 8080,
  waf: 8000,
};
const SERVICES = Object.keys(PORTS);

export function hostOf(service: string, ordinal: number): string {
  return `127.1.${String(SERVICES.indexOf(service) + 1)}.${String(ordinal + 1)}`;
}

const addresses = (service: string): readonly string[] =>
  Array.from(
    { length: INSTANCE_COUNT },
    (_, ordinal) => `${hostOf(service, ordinal)}:${String(PORTS[service] ?? 0)}`,
  );

const endpoints: Endpoints = {
  address: (service) => addresses(service)[0] ?? "",
  addresses,
  instanceIds: (service) => addresses(service).map((_, ordinal) => `${service}-${String(ordinal)}`),
  has: (service) => SERVICES.includes(service),
  all: () => [],
};

export function contextOf(
  service: string,
  replicaCount: number,
  config: ComponentContext["config"] = {},
): ComponentContext {
  return {
    service,
    zone: "application",
    isolation: "loopback",
    replicaCount,
    memoryMiB: 512,
    topicPartitionCount: 4,
    config,
    settings: {},
    endpoints,
    secret: "0123456789abcdef",
    artifact: (name) => `/artifacts/${name}`,
    host: hostOf,
    replicaCountOf: (other) => (SERVICES.includes(other) ? INSTANCE_COUNT : 0),
    dataDir: (instanceId) => `/lab/data/${instanceId}`,
    log: () => undefined,
  };
}
