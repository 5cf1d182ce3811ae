/** Alertmanager: takes what fires from Prometheus. It tells nobody else; the harness reads it from here. */
import { dirname, join } from "node:path";
import type { Component } from "../../core/contracts/component.ts";
import { programIn } from "../artifacts/programs.ts";
import { silenceRoundTrip } from "../clients/prometheus.ts";
import { alertmanagerYaml } from "../monitoring/alertmanager.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

const PORT = 9093;
/** Debian's build reads its message templates from here and nowhere else, and does not start without them. */
const TEMPLATES = "/usr/share/prometheus/alertmanager";
const COVERED = "/usr/share";

/**
 * Where the package is installed this only starts the program. Where it was merely unpacked, the program gets
 * a view of the file system of its own in which the templates are where it looks for them.
 */
const START = `
templates=$1; shift
[ -d ${TEMPLATES} ] && exec "$@"
[ "$(id -u)" = 0 ] || own=--map-root-user
exec unshare --mount $own sh -c '
  mount -t tmpfs none ${COVERED} && mkdir -p ${dirname(TEMPLATES)} &&
  ln -s "$1" ${TEMPLATES} && shift && exec "$@"
' sh "$templates" "$@"
`;

export const alertmanager: Component = {
  kind: "alertmanager",
  artifacts: ["alertmanager"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const tree = context.artifact("alertmanager");
      return {
        id,
        service: context.service,
        component: "alertmanager",
        ordinal,
        host,
        ports: { main: PORT },
        dataDir,
        readyMsMax: 30_000,
        prepare: [],
        files: { "alertmanager.yml": alertmanagerYaml() },
        command: {
          argv: [
            ...["sh", "-c", START, "sh", join(tree, "root", TEMPLATES)],
            programIn(tree, "prometheus-alertmanager"),
            `--config.file=${join(dataDir, "alertmanager.yml")}`,
            `--storage.path=${join(dataDir, "data")}`,
            `--web.listen-address=${host}:${String(PORT)}`,
            // Alone it needs no peers; without this it would listen for them on every address.
            "--cluster.listen-address=",
            "--log.level=warn",
          ],
          env: { GOMAXPROCS: "1" },
        },
      };
    }),
  probe: (spec, signal) => silenceRoundTrip(addressOf(spec), signal),
};
