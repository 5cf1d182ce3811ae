/** `lakeproof status`: what is up, where, as which process. Other tools read it with --json. */
import { host } from "../core/host.ts";
import { metabaseJar } from "../infra/components/metabase.ts";
import { fabricAlive } from "../infra/drivers/fabric.ts";
import { ownerAlive, type LabState } from "../infra/drivers/lab.ts";
import { alive } from "../infra/drivers/local.ts";
import { processFacts, rssBytes } from "../infra/drivers/processes.ts";
import { sumByComponent } from "../infra/instance-sums.ts";
import { labsMeant, type LabChoice } from "./lab.ts";

export interface StatusOptions extends LabChoice {
  readonly json: boolean;
}

/**
 * Exit 0 when every instance of every lab that is meant lives, 1 when one is dead or stopped; no lab at all is fine,
 * but for one that was named.
 */
export function status(options: StatusOptions): number {
  const labs = labsMeant(options).map(labFacts);
  if (options.json) {
    host.out(`${JSON.stringify({ schema: "lakeproof.status/1", labs }, null, 2)}\n`);
  } else host.out(labs.length === 0 ? "No lab is up.\n" : labs.map(labText).join("\n"));
  const isWell = ({ alive: lives, paused }: InstanceFacts): boolean => lives && !paused;
  return labs.every((lab) => lab.instances.every(isWell)) ? 0 : 1;
}

interface InstanceFacts {
  readonly id: string;
  readonly component: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly alive: boolean;
  /** Stopped by a signal: it is there, and answers nobody. */
  readonly paused: boolean;
  readonly rssBytes: number;
  readonly readyMs: number;
  /** Absent where it was not measured: a lab of an older version, or not ready yet. */
  readonly readyCpuMs?: number;
  readonly log: string;
}

interface LabFacts {
  readonly id: string;
  readonly topology: string;
  readonly subnet: string;
  readonly state: string;
  readonly held: boolean;
  readonly ownerAlive: boolean;
  readonly networkGone: boolean;
  readonly secret: string;
  readonly instances: readonly InstanceFacts[];
}

function labFacts(lab: LabState): LabFacts {
  const { id, topology, subnet, state, held, secret } = lab;
  const instances = Object.values(lab.instances).map((instance): InstanceFacts => {
    const { spec, pid, logPath, readyMs, readyCpuMs } = instance;
    const lives = alive(instance);
    const endpoints = Object.entries(spec.ports).map(([name, port]): [string, string] => [
      name,
      `${spec.host}:${String(port)}`,
    ]);
    return {
      id: spec.id,
      component: spec.component,
      endpoints: Object.fromEntries(endpoints),
      pid,
      alive: lives,
      paused: lives && processFacts(pid)?.state === "T",
      rssBytes: lives ? rssBytes(pid) : 0,
      readyMs,
      ...(readyCpuMs === undefined ? {} : { readyCpuMs }),
      log: logPath,
    };
  });
  const networkGone = lab.fabric !== undefined && !fabricAlive(lab.fabric);
  return {
    ...{ id, topology, subnet, state, held, secret, instances, networkGone },
    ownerAlive: ownerAlive(lab),
  };
}

function labText(lab: LabFacts): string {
  const totalMiB = lab.instances.reduce((sum, instance) => sum + instance.rssBytes, 0) / 1048576;
  const rows = lab.instances.map((instance) => {
    const mebibytes = (instance.rssBytes / 1048576).toFixed(0).padStart(5);
    const word = instance.alive ? (instance.paused ? "STOP" : "up  ") : "DEAD";
    const main = instance.endpoints["main"] ?? "";
    return `  ${word} ${instance.id.padEnd(22)} ${main.padEnd(20)} pid ${String(instance.pid).padEnd(8)} ${mebibytes} MiB`;
  });
  const ids = lab.instances.map(({ component }) => component);
  const jar = ids.includes("superset") && !ids.includes("metabase") ? metabaseJar({}) : undefined;
  const missing = jar !== undefined && "notMeasured" in jar ? `  ${jar.notMeasured}\n` : "";
  const owner = lab.networkGone
    ? "its network is gone: lakeproof down"
    : lab.held
      ? "held"
      : lab.ownerAlive
        ? "of a run"
        : "of a run that died: lakeproof heal";
  return `${lab.id}  ${lab.topology} on ${lab.subnet}.x  ${lab.state}, ${owner}  ${totalMiB.toFixed(0)} MiB\n${rows.join("\n")}\n${sumsText(lab)}${missing}`;
}

/** Only where there are many of a kind is a sum news. */
function sumsText({ instances }: LabFacts): string {
  const sums = sumByComponent(
    instances.map(({ component, rssBytes: bytes, readyCpuMs }) => ({
      component,
      rssBytes: bytes,
      readyCpuMs,
    })),
  );
  if (sums.length === instances.length) return "";
  const lines = sums.map(({ component, instanceCount, rssBytes: bytes, readyCpuMs }) => {
    const memory = `${(bytes / 1048576).toFixed(0)} MiB`.padStart(9);
    const cpu = `${(readyCpuMs / 1000).toFixed(1)} s`.padStart(8);
    return `    ${component.padEnd(20)} ${String(instanceCount).padStart(3)} ${memory} ${cpu} of CPU to start\n`;
  });
  return `  together:\n${lines.join("")}`;
}
