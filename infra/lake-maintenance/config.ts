/** What the maintenance of the lake is told: its configuration file, and the figures it has where nothing is said. */
import { z } from "zod";
import { BANK_TABLES } from "../../core/bank-schema.ts";
import { LakeproofError } from "../../core/errors.ts";

/**
 * Trino refuses to expire snapshots that are younger than its own minimum, seven days if nobody says otherwise:
 * no lab lives that long. Twice the longest query of the house, so that no reader loses its files.
 */
export const SNAPSHOT_RETENTION_S_MIN = 120;

/** A number of the topology's `config` for the service, by these names. */
const Tuning = z.object({
  intervalS: z.number().positive().default(120),
  /**
   * The audit at the end of a run reads the run's own snapshots: longer than a run, so that it sees them all.
   * What has expired it knows from totals only.
   */
  retentionS: z.number().min(SNAPSHOT_RETENTION_S_MIN).default(3600),
  /**
   * Files below this are merged. Each time the merged file is below it too, it is written anew: small at model
   * size, so that a run does not rewrite all its data every two minutes.
   */
  fileSizeThresholdMiB: z.number().int().positive().default(16),
  /** Partitions are days: the stream writes today's, and around midnight or after an outage yesterday's. */
  recentDayCount: z.number().int().positive().default(2),
  statementTimeoutS: z.number().positive().default(120),
});

const Config = Tuning.extend({
  /** "host:port" of the coordinator. */
  trino: z.string().min(1),
  listen: z.object({ host: z.string().min(1), port: z.number().int().positive() }),
  tables: z.array(z.string().min(1)).min(1),
});

export type MaintenanceConfig = z.infer<typeof Config>;

export interface Place {
  readonly trino: string;
  readonly listen: { readonly host: string; readonly port: number };
}

/** From the topology's `config` of the service. */
export function maintenanceConfig(
  service: string,
  tuning: Readonly<Record<string, unknown>>,
  place: Place,
): MaintenanceConfig {
  const parsed = Tuning.strict().safeParse(tuning);
  if (parsed.success) return { ...parsed.data, ...place, tables: [...BANK_TABLES] };
  throw new LakeproofError("CONFIG_INVALID", `${service}: ${z.prettifyError(parsed.error)}`, {
    hint: "Correct the service's config in the topology.",
  });
}

/** How often it works, from the topology's `config` of the service. */
export function intervalSOf(service: string, tuning: Readonly<Record<string, unknown>>): number {
  return maintenanceConfig(service, tuning, { trino: "-", listen: { host: "-", port: 1 } })
    .intervalS;
}

/** From the text of its file. */
export function parseMaintenanceConfig(text: string): MaintenanceConfig {
  const parsed = Config.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new LakeproofError("CONFIG_INVALID", z.prettifyError(parsed.error), {
    hint: "The file is written by the lake-maintenance component; start the lab anew.",
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
