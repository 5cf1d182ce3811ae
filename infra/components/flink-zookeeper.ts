/** The ZooKeeper that Flink carries with it: where a JobManager that comes back finds its jobs. */
import { connect } from "node:net";
import { join } from "node:path";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { addressOf, eachOrdinal, javaFlags, properties, type InstanceDraft } from "./shape.ts";

const CLIENT_PORT = 2181;
const TICK_MS = 2000;

export const flinkZookeeper: Component = {
  kind: "flink-zookeeper",
  artifacts: ["flink", "java17"],
  startCoreCount: 0.5,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const config = join(dataDir, "zoo.cfg");
      return {
        id,
        service: context.service,
        component: "flink-zookeeper",
        ordinal,
        host,
        ports: { main: CLIENT_PORT, peer: 2888, election: 3888 },
        dataDir,
        readyMsMax: 60_000,
        prepare: [],
        files: { "zoo.cfg": zooConfig(context, host, dataDir), "log4j2.properties": LOG4J },
        command: {
          argv: [
            join(context.artifact("java17"), "bin", "java"),
            ...javaFlags(context.memoryMiB - 40),
            `-Dlog4j.configurationFile=${join(dataDir, "log4j2.properties")}`,
            "-Dzookeeper.admin.enableServer=false",
            ...["-cp", join(context.artifact("flink"), "lib", "*")],
            "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
            ...["--zkConfigFile", config, "--peerId", String(ordinal + 1)],
          ],
        },
      };
    }),
  // Its own statistics name its mode: only a member of a quorum has one.
  probe: async (spec, signal) => {
    const answer = await fourLetters(addressOf(spec), "srvr", signal);
    if (/^Mode: (leader|follower|standalone)$/m.test(answer)) return;
    throw new LakeproofError("CLIENT_FAILED", `${spec.id} is in no quorum: ${answer.trim()}`, {
      hint: "Read its log.",
    });
  },
};

function zooConfig(context: ComponentContext, host: string, dataDir: string): string {
  const peers = Array.from({ length: context.replicaCount }, (_, ordinal): [string, string] => [
    `server.${String(ordinal + 1)}`,
    `${context.host(context.service, ordinal)}:2888:3888`,
  ]);
  return properties({
    tickTime: TICK_MS,
    initLimit: 10,
    syncLimit: 5,
    dataDir: join(dataDir, "zookeeper"),
    clientPort: CLIENT_PORT,
    clientPortAddress: host,
    "4lw.commands.whitelist": "srvr",
    "autopurge.purgeInterval": 1,
    ...Object.fromEntries(peers),
  });
}

function fourLetters(address: string, word: string, signal: AbortSignal): Promise<string> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host, port: Number(port), signal });
    socket.setTimeout(5000, () => {
      socket.destroy(new DOMException(`${address} did not answer`, "TimeoutError"));
    });
    socket.once("connect", () => socket.write(word));
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.once("end", () => {
      resolve(text);
    });
    socket.once("error", reject);
  });
}

const LOG4J = `rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
`;
