/** The object store: its drives, a real write and read, and what is free. */
import { host } from "../../../core/host.ts";
import { openObjectStore } from "../../clients/object-store.ts";
import { scrapeText } from "../../clients/prometheus.ts";
import { memory, percent, plural, span } from "../../lint/figures.ts";
import { parseExposition, type ExposedSample } from "../exposition.ts";
import { graded, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

const METRICS_PATH = "/minio/v2/metrics/cluster";
/** The very object the component's own probe writes. */
const PROBE = { bucket: "probe", key: "probe" } as const;
const ROUND_TRIP_MS = { warnAbove: 1000, badAbove: 10_000 };
const USED_RATIO = { warnAbove: 0.8, badAbove: 0.95 };

/** Of the whole store, from its cluster metrics. */
export function judgeDrives(samples: readonly ExposedSample[]): HealthFinding {
  const total = valueOf(samples, "minio_cluster_drive_total");
  const named = samples.filter(
    ({ name }) => name === "minio_cluster_health_erasure_set_online_drives",
  );
  // A store of one drive has no erasure set to speak of.
  const online =
    named.length === 0
      ? (valueOf(samples, "minio_cluster_drive_online_total") ?? total)
      : named.reduce((sum, { value }) => sum + value, 0);
  const belowQuorum = named.filter(({ labels, value }) => {
    const wanted = samples.find(
      (one) =>
        one.name === "minio_cluster_health_erasure_set_write_quorum" &&
        one.labels["pool"] === labels["pool"] &&
        one.labels["set"] === labels["set"],
    );
    return wanted !== undefined && value < wanted.value;
  });
  const known = total !== undefined && online !== undefined;
  const offline = known ? Math.max(0, total - online) : 0;
  return {
    check: "drives",
    status: !known || belowQuorum.length > 0 ? "bad" : okIf(offline === 0, "warn"),
    observed: known
      ? `${String(online)} of ${plural(total, "drive")} online, ${String(offline)} offline${belowQuorum.length === 0 ? "" : `; ${plural(belowQuorum.length, "erasure set")} below write quorum`}`
      : "the metrics say nothing of drives",
    expected: "all online",
    hint: "Start the node of the missing drives or replace them; MinIO heals what they missed by itself.",
  };
}

export function judgeSpace(samples: readonly ExposedSample[]): HealthFinding {
  const total = valueOf(samples, "minio_cluster_capacity_usable_total_bytes") ?? 0;
  const free = valueOf(samples, "minio_cluster_capacity_usable_free_bytes") ?? 0;
  const used = total === 0 ? Number.NaN : 1 - free / total;
  return {
    check: "free space",
    status: graded(used, USED_RATIO),
    observed:
      total === 0
        ? "the metrics say nothing of the capacity"
        : `${memory(free)} of ${memory(total)} usable are free (${percent(1 - used)})`,
    expected: `at least ${percent(1 - USED_RATIO.warnAbove)} free`,
    hint: "Expire old snapshots and remove orphan files, then add a pool of drives.",
  };
}

export function judgeRoundTrip(elapsedMs: number): HealthFinding {
  return {
    check: "write and read",
    status: graded(elapsedMs, ROUND_TRIP_MS),
    observed: `one object was written with write quorum and read back in ${span(elapsedMs)}`,
    expected: `at most ${span(ROUND_TRIP_MS.warnAbove)}`,
    hint: "Look at the slowest drive's disk; below write quorum the store only reads.",
  };
}

function valueOf(samples: readonly ExposedSample[], wanted: string): number | undefined {
  return samples.find(({ name }) => name === wanted)?.value;
}

const drives: HealthCheck = async (context, _instances, signal) => {
  const answers = context.endpoints
    .addresses(context.service)
    .map((address) => scrapeText(address, METRICS_PATH, signal));
  // Every node knows the whole store.
  const samples = parseExposition(await Promise.any(answers));
  return [judgeDrives(samples), judgeSpace(samples)];
};

/** Through the entry where there is one, as its clients go. */
const roundTrip: HealthCheck = async (context, _instances, signal) => {
  const store = openObjectStore(context.endpoints.address(context.service), context.secret);
  const startedMs = host.monotonicMs();
  await store.roundTrip(PROBE.bucket, PROBE.key, signal);
  return [judgeRoundTrip(host.monotonicMs() - startedMs)];
};

export const minioChecks: Readonly<Record<string, HealthCheck>> = {
  drives,
  "write and read": roundTrip,
};
