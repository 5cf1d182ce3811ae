/** HAProxy in each of its places: which servers it would send somebody to now. */
import type { InstanceSpec } from "../../../core/contracts/component.ts";
import { reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { SPEC_BI_HEALTHY_COUNT_MIN } from "../../../core/seed-spec.ts";
import { scrapeText } from "../../clients/prometheus.ts";
import { BACKENDS } from "../../components/haproxy-config.ts";
import { parseExposition, type ExposedSample } from "../exposition.ts";
import { listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

const METRICS_PATH = "/metrics?scope=server";
const METRICS_MS_MAX = 5000;

/** How many servers of a backend are up where all is well, and below how many it is bad. */
interface Expected {
  readonly upCount: number;
  readonly badBelow: number;
}

/** Backends that nothing is known of have all of their servers up. */
export function expectedUp(backend: string, serverCount: number): Expected {
  // Patroni answers for the leader on one member, and for replicas on all others.
  if (backend === BACKENDS.leader) return { upCount: 1, badBelow: 1 };
  if (backend === BACKENDS.replicas) {
    return { upCount: serverCount - 1, badBelow: Math.min(1, serverCount - 1) };
  }
  if (backend === BACKENDS.bi) {
    return { upCount: serverCount, badBelow: Math.min(SPEC_BI_HEALTHY_COUNT_MIN, serverCount) };
  }
  // No layout of the store writes with half of its nodes or fewer; its drives are judged exactly elsewhere.
  if (backend === BACKENDS.minio) {
    return { upCount: serverCount, badBelow: Math.floor(serverCount / 2) + 1 };
  }
  return { upCount: serverCount, badBelow: 1 };
}

export function judgeBackends(
  instanceId: string,
  samples: readonly ExposedSample[],
): readonly HealthFinding[] {
  const states = samples.filter(({ name }) => name === "haproxy_server_status");
  const backends = Map.groupBy(states, ({ labels }) => labels["proxy"] ?? "");
  return [...backends].map(([backend, all]) => {
    const servers = new Set(all.map(({ labels }) => labels["server"] ?? ""));
    const now = all.filter(({ value }) => value === 1);
    const up = now.filter(({ labels }) => labels["state"] === "UP");
    const expected = expectedUp(backend, servers.size);
    const text = now.map(
      ({ labels }) => `${labels["server"] ?? ""} ${labels["state"] ?? "unknown"}`,
    );
    // More than one leader is as wrong as none.
    const tooMany = backend === BACKENDS.leader && up.length > 1;
    return {
      check: `${instanceId} ${backend}`,
      status: okIf(
        up.length === expected.upCount,
        up.length < expected.badBelow || tooMany ? "bad" : "warn",
      ),
      observed: `${String(up.length)} of ${String(servers.size)} up (${listed(text)})`,
      expected: `${String(expected.upCount)} up`,
      hint: "Its log names the check that failed; start the server, or wait for the election of a leader.",
    };
  });
}

const backends: HealthCheck = async (_context, instances, signal) => {
  const living = instances.filter(({ alive }) => alive);
  const findings = await Promise.all(living.map(({ spec }) => backendsOf(spec, signal)));
  return findings.flat();
};

async function backendsOf(
  spec: InstanceSpec,
  signal: AbortSignal,
): Promise<readonly HealthFinding[]> {
  const address = `${spec.host}:${String(spec.ports["metrics"] ?? 0)}`;
  try {
    const text = await scrapeText(address, METRICS_PATH, host.deadline(METRICS_MS_MAX, signal));
    return judgeBackends(spec.id, parseExposition(text));
  } catch (error) {
    return [
      {
        check: `${spec.id} backends`,
        status: "bad",
        observed: reasonOf(error),
        expected: `its metrics on ${address}`,
        hint: "Read its log.",
      },
    ];
  }
}

export const haproxyChecks: Readonly<Record<string, HealthCheck>> = { backends };
