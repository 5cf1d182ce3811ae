/** The seed's "Trino coordinator down" and "Metabase cluster < 2 healthy instances". */
import { HAPROXY_TIMINGS } from "../../components/haproxy-config.ts";
import { TIMINGS } from "../timings.ts";
import { type AlertRule, type Need, need } from "./alert.ts";

const { scrapeTimeoutS, twiceS, goneS } = TIMINGS;
const TWO_BI_INSTANCES: Need = { anyOf: ["superset", "metabase"], countMin: 2 };

const { checkIntervalMs, checkTimeoutMs, fallCount } = HAPROXY_TIMINGS.bi;
/** Slowest way for HAProxy to find out: every check of those it counts runs into its time-out. */
const CHECKS_S = ((checkIntervalMs + checkTimeoutMs) * fallCount) / 1000;

export const TRINO_DOWN: readonly AlertRule[] = [
  {
    alert: "TrinoCoordinatorDown",
    signal: "down",
    needs: [need("trino")],
    expr: 'up{job="trino"} == 0',
    forS: twiceS,
    sourceS: scrapeTimeoutS,
    severity: "critical",
    summary: "The Trino coordinator does not answer",
    description: "{{ $labels.instance }} did not answer two scrapes: no query can be started.",
    runbook: "Restart it; running queries are lost, workers announce themselves again.",
    firedBy: { fault: "process-pause", component: "trino", holdS: 30 },
  },
  {
    alert: "TrinoCoordinatorDown",
    signal: "unknown",
    needs: [need("trino")],
    expr: 'absent(up{job="trino"})',
    forS: goneS,
    severity: "critical",
    summary: "No Trino coordinator is watched",
    description: "Prometheus has no coordinator among its targets.",
    runbook: "Look at Prometheus' targets: its configuration names no coordinator.",
    firedBy: { fault: "process-kill", component: "prometheus", holdS: 0 },
  },
];

export const BI_BELOW_TWO: readonly AlertRule[] = [
  {
    alert: "BiBelowTwoInstances",
    signal: "load-balancer",
    needs: [TWO_BI_INSTANCES, need("haproxy-bi")],
    // No `for`: HAProxy has already counted failed checks before it calls a server down.
    expr: 'min(sum by (instance) (haproxy_server_status{proxy="bi_servers",state="UP"})) < 2',
    forS: 0,
    sourceS: CHECKS_S,
    severity: "critical",
    summary: "The load balancer has fewer than two healthy BI instances",
    description: '{{ printf "%.0f" $value }} BI instance(s) are healthy.',
    runbook: "All at once points to their database or cache, one alone to itself.",
    firedBy: { fault: "process-kill", component: "superset", holdS: 45 },
  },
  {
    alert: "BiBelowTwoInstances",
    signal: "black-box",
    needs: [TWO_BI_INSTANCES, need("blackbox-exporter")],
    expr: 'sum(probe_success{job=~"superset|metabase"}) < 2',
    forS: 2 * twiceS,
    sourceS: scrapeTimeoutS,
    severity: "critical",
    summary: "Fewer than two BI instances answer their health page",
    description: '{{ printf "%.0f" $value }} BI instance(s) answer.',
    runbook: "Where the load balancer disagrees, the way to the instances is cut and not they.",
    firedBy: { fault: "process-pause", component: "superset", holdS: 45 },
  },
  {
    alert: "BiBelowTwoInstances",
    signal: "unknown",
    needs: [TWO_BI_INSTANCES, need("haproxy-bi")],
    expr: 'absent(haproxy_server_status{proxy="bi_servers",state="UP"})',
    forS: goneS,
    sourceS: scrapeTimeoutS,
    severity: "critical",
    summary: "No load balancer tells how many BI instances are healthy",
    description: "The load balancer in front of the BI instances is gone.",
    runbook: "Without it no user reaches any instance: start it first.",
    firedBy: { fault: "process-pause", component: "haproxy-bi", holdS: 40 },
  },
];
