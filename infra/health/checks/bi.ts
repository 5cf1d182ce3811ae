/** The BI tier: how many of its instances let somebody log in now. */
import { SPEC_BI_HEALTHY_COUNT_MIN } from "../../../core/seed-spec.ts";
import { openSuperset } from "../../clients/superset.ts";
import { SUPERSET_ADMIN } from "../../components/superset-files.ts";
import { plural } from "../../lint/figures.ts";
import { listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

export function judgeInstances(
  instances: readonly { readonly id: string; readonly healthy: boolean }[],
): HealthFinding {
  const healthy = instances.filter((instance) => instance.healthy);
  const sick = instances.filter((instance) => !instance.healthy);
  const needed = Math.min(SPEC_BI_HEALTHY_COUNT_MIN, instances.length);
  return {
    check: "healthy instances",
    status: okIf(sick.length === 0, healthy.length >= needed ? "warn" : "bad"),
    observed: `${String(healthy.length)} of ${plural(instances.length, "instance")}${sick.length === 0 ? "" : `; not ${listed(sick.map(({ id }) => id))}`}`,
    expected: `all, and never fewer than ${String(needed)}`,
    hint: "Start the missing instance; with fewer than two one more failure takes the dashboards down.",
  };
}

/** Health page and login are the component's own probe, made of every instance already. */
const instances: HealthCheck = async (_context, all) => {
  const known = await Promise.all(
    all.map(async ({ spec, alive, probed }) => ({
      id: spec.id,
      healthy: alive && (await probed).ok,
    })),
  );
  return [judgeInstances(known)];
};

export const biChecks: Readonly<Record<string, HealthCheck>> = { instances };

export function judgeDashboards(titles: readonly string[]): HealthFinding {
  return {
    check: "dashboards",
    status: okIf(titles.length > 0, "warn"),
    observed: listed(titles),
    expected: "at least one",
    hint: "Set up the content again: the metadata database is another one, or somebody deleted it.",
  };
}

/** Through the first instance that lets somebody in: all share one metadata database. */
const dashboards: HealthCheck = async (context, _instances, signal) => {
  const found = await Promise.any(
    context.endpoints.addresses("superset").map(async (address) => {
      const client = openSuperset(address, SUPERSET_ADMIN, context.secret);
      await client.login(signal);
      return client.dashboards(signal);
    }),
  );
  return [judgeDashboards([...found.keys()])];
};

export const supersetContentChecks: Readonly<Record<string, HealthCheck>> = { dashboards };
