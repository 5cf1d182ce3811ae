/** etcd: the store in which Patroni's nodes agree on who leads. */
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { programIn } from "../artifacts/programs.ts";
import { requestJson } from "../clients/http.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

/** Ten times the defaults: on two busy cores a leader must not lose its office over a late heartbeat. */
const ETCD_TIMINGS = { heartbeatIntervalMs: 500, electionTimeoutMs: 5000 } as const;

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;

export const etcd: Component = {
  kind: "etcd",
  artifacts: ["etcd"],
  startCoreCount: 0.25,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      return {
        id,
        service: context.service,
        component: "etcd",
        ordinal,
        host,
        ports: { main: CLIENT_PORT, peer: PEER_PORT },
        dataDir,
        readyMsMax: 60_000,
        files: {},
        prepare: [],
        command: {
          argv: [
            programIn(context.artifact("etcd"), "etcd"),
            ...["--name", id, "--data-dir", `${dataDir}/etcd`],
            ...["--listen-client-urls", url(host, CLIENT_PORT)],
            ...["--advertise-client-urls", url(host, CLIENT_PORT)],
            ...["--listen-peer-urls", url(host, PEER_PORT)],
            ...["--initial-advertise-peer-urls", url(host, PEER_PORT)],
            ...["--initial-cluster", members(context), "--initial-cluster-state", "new"],
            ...["--heartbeat-interval", String(ETCD_TIMINGS.heartbeatIntervalMs)],
            ...["--election-timeout", String(ETCD_TIMINGS.electionTimeoutMs)],
            ...["--auto-compaction-retention", "1", "--log-level", "warn"],
          ],
        },
      };
    }),
  // A committed write needs a leader and a quorum; an open port needs neither.
  probe: async (spec, signal) => {
    const key = Buffer.from(`lakeproof/probe/${spec.id}`).toString("base64");
    await requestJson(`http://${addressOf(spec)}/v3/kv/put`, {
      method: "POST",
      body: { key, value: key },
      signal,
    });
  },
};

function url(host: string, port: number): string {
  return `http://${host}:${String(port)}`;
}

function members(context: ComponentContext): string {
  return Array.from(
    { length: context.replicaCount },
    (_, ordinal) =>
      `${context.service}-${String(ordinal)}=${url(context.host(context.service, ordinal), PEER_PORT)}`,
  ).join(",");
}
