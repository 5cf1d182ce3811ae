/** The ZooKeeper of Flink: whether its members form one quorum with one leader. */
import { connect } from "node:net";
import { reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { plural } from "../../lint/figures.ts";
import { listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

const MEMBER_MS_MAX = 5000;

export interface ZookeeperMember {
  readonly id: string;
  /** "leader", "follower", "standalone", or why it has none. */
  readonly mode: string;
}

export function zookeeperMode(answer: string): string {
  return /^Mode: (\w+)$/m.exec(answer)?.[1] ?? (answer.trim().split("\n")[0] || "no answer");
}

export function judgeZookeeper(members: readonly ZookeeperMember[]): HealthFinding {
  const inMode = (mode: string): number => members.filter((one) => one.mode === mode).length;
  const alone = members.length === 1;
  const serving = inMode("leader") + inMode("follower") + inMode("standalone");
  const quorum = Math.floor(members.length / 2) + 1;
  const led = alone ? inMode("standalone") === 1 : inMode("leader") === 1;
  const whole = alone ? led : led && inMode("follower") === members.length - 1;
  return {
    check: "quorum",
    status: okIf(whole, led && serving >= quorum ? "warn" : "bad"),
    observed: listed(members.map(({ id, mode }) => `${id} ${mode}`)),
    expected: alone
      ? "standalone"
      : `one leader, ${plural(members.length - 1, "follower")}; ${String(quorum)} are a quorum`,
    hint: "Start the missing members: without a quorum a JobManager that comes back does not find its job.",
  };
}

const quorum: HealthCheck = async (context, _instances, signal) => {
  const addresses = context.endpoints.addresses(context.service);
  const ids = context.endpoints.instanceIds(context.service);
  const members = await Promise.all(
    ids.map(async (id, at): Promise<ZookeeperMember> => {
      const deadline = host.deadline(MEMBER_MS_MAX, signal);
      const mode = await serverStatistics(addresses[at] ?? "", deadline).then(
        zookeeperMode,
        reasonOf,
      );
      return { id, mode };
    }),
  );
  return [judgeZookeeper(members)];
};

/** ZooKeeper's answer to `srvr`, the one word that its configuration allows. */
function serverStatistics(address: string, signal: AbortSignal): Promise<string> {
  const [hostname = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port), signal });
    socket.once("connect", () => socket.write("srvr"));
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.once("end", () => {
      resolve(text);
    });
    socket.once("error", (error) => {
      reject(signal.aborted ? (signal.reason as Error) : error);
    });
  });
}

export const zookeeperChecks: Readonly<Record<string, HealthCheck>> = { quorum };
