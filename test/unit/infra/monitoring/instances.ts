/** The instances of a whole production-like lab, as Prometheus sees them. */
import type { Watched } from "../../../../infra/monitoring/scrape.ts";

type Ports = Watched["ports"];

const SERVICES: readonly (readonly [component: string, count: number, ports: Ports])[] = [
  ["kafka", 3, { main: 9092, controller: 9093, metrics: 9404 }],
  ["connect", 2, { main: 8083, metrics: 9404 }],
  ["flink-jobmanager", 1, { main: 8081, metrics: 9249 }],
  ["flink-taskmanager", 2, { main: 6122, metrics: 9249 }],
  ["trino", 1, { main: 8080 }],
  ["trino-worker", 2, { main: 8080 }],
  ["minio", 4, { main: 9000 }],
  ["patroni", 3, { main: 5432, rest: 8008 }],
  ["postgres-exporter", 3, { main: 9187 }],
  ["etcd", 3, { main: 2379, peer: 2380 }],
  ["redis", 6, { main: 6379 }],
  ["redis-exporter", 1, { main: 9121 }],
  ["haproxy-bi", 1, { main: 3001, metrics: 8405 }],
  ["haproxy-postgres", 1, { main: 5432, metrics: 8405 }],
  ["haproxy-minio", 1, { main: 9000, metrics: 8405 }],
  ["superset", 2, { main: 8088 }],
  ["metabase", 1, { main: 3000 }],
  ["blackbox-exporter", 1, { main: 9115 }],
  ["prometheus", 1, { main: 9090 }],
  ["alertmanager", 1, { main: 9093 }],
];

export const ALL_INSTANCES: readonly Watched[] = SERVICES.flatMap(([component, count, ports], at) =>
  Array.from({ length: count }, (_, ordinal) => ({
    id: `${component}-${String(ordinal)}`,
    service: component,
    component,
    host: `127.0.${String(at + 1)}.${String(ordinal + 1)}`,
    zone: "ops" as const,
    ports,
  })),
);

export function without(...components: readonly string[]): readonly Watched[] {
  return ALL_INSTANCES.filter(({ component }) => !components.includes(component));
}
