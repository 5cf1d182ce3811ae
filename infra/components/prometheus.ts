/** Prometheus: asks every instance of the lab for its metrics and evaluates the seed's alerts. */
import { join } from "node:path";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { programIn } from "../artifacts/programs.ts";
import { queryPrometheus } from "../clients/prometheus.ts";
import { rulesYaml } from "../monitoring/rules.ts";
import {
  HARNESS_TARGET_FILE,
  prometheusYaml,
  unwatched,
  type Watched,
} from "../monitoring/scrape.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

const PORT = 9090;
/** A lab lives for hours at most. */
const RETENTION = "1d";

export const prometheus: Component = {
  kind: "prometheus",
  artifacts: ["prometheus"],
  startCoreCount: 0.25,
  instances: (context) => {
    const watched = [...othersOf(context), ...ownOf(context)];
    const silent = unwatched(watched);
    for (const id of silent) context.log(`${id} has no port for its metrics`);
    // Nobody can say that they are gone: an alert that waits for a word of theirs would fire for ever.
    const speaking = watched.filter(({ id }) => !silent.includes(id));
    return eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      return {
        id,
        service: context.service,
        component: "prometheus",
        ordinal,
        host,
        ports: { main: PORT },
        dataDir,
        readyMsMax: 60_000,
        prepare: [],
        files: {
          "prometheus.yml": prometheusYaml(watched, {
            ruleFiles: [join(dataDir, "rules.yml")],
            harnessFile: join(dataDir, HARNESS_TARGET_FILE),
          }),
          "rules.yml": rulesYaml(speaking),
        },
        command: {
          argv: [
            programIn(context.artifact("prometheus"), "prometheus"),
            `--config.file=${join(dataDir, "prometheus.yml")}`,
            `--storage.tsdb.path=${join(dataDir, "tsdb")}`,
            `--storage.tsdb.retention.time=${RETENTION}`,
            `--web.listen-address=${host}:${String(PORT)}`,
            "--log.level=warn",
          ],
          // It watches a machine that others need: one core at most, and no garbage beyond its share.
          env: { GOMAXPROCS: "1", GOMEMLIMIT: `${String(context.memoryMiB)}MiB` },
        },
      };
    });
  },
  // It has scraped itself, stored that and found it again: an open port would prove none of it.
  probe: async (spec, signal) => {
    const promql = `up{job="prometheus",instance="${spec.id}"} == 1`;
    const samples = await queryPrometheus(addressOf(spec), promql, signal);
    if (samples.length === 1) return;
    throw new LakeproofError("CLIENT_FAILED", `${spec.id} has not scraped itself yet.`, {
      hint: "Read its log.",
    });
  },
};

function othersOf(context: ComponentContext): readonly Watched[] {
  return context.endpoints.all().filter(({ service }) => service !== context.service);
}

/** Its own instances are only being made here, so nobody can be asked for them. */
function ownOf(context: ComponentContext): readonly Watched[] {
  return Array.from({ length: context.replicaCount }, (_, ordinal) => ({
    id: `${context.service}-${String(ordinal)}`,
    service: context.service,
    component: "prometheus",
    zone: context.zone,
    host: context.host(context.service, ordinal),
    ports: { main: PORT },
  }));
}
