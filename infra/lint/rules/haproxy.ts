/** HAProxy: errors until a dead server is out, answers cut short, and what stands open. */
import { CONNECTIONS_PER_USER } from "../estimates.ts";
import type { Facts, HaproxyConfig, HaproxySection } from "../facts.ts";
import { count, percent, plural, span } from "../figures.ts";
import {
  backendsOf,
  checkText,
  directive,
  inherited,
  LEADER_CHECK,
  modeOf,
  sectionName,
  serversOf,
  type HaproxyServer,
} from "../parse/haproxy.ts";
import type { Draft, LintRule } from "../rule.ts";
import { durationMs } from "../settings.ts";

interface Backend {
  readonly config: HaproxyConfig;
  readonly section: HaproxySection;
  readonly servers: readonly HaproxyServer[];
}

function backends(facts: Facts): readonly Backend[] {
  return facts.haproxy.flatMap((config) =>
    backendsOf(config).map((section) => ({ config, section, servers: serversOf(section) })),
  );
}

function wordAfter(words: readonly string[], name: string): string | undefined {
  const position = words.indexOf(name);
  return position < 0 ? undefined : words[position + 1];
}

const OBJECT_STORE = "/minio/";

/** Does it answer people's calls, as opposed to a database's or an object store's clients? */
function servesUsers({ config, section }: Pick<Backend, "config" | "section">): boolean {
  const check = checkText(config, section);
  return (
    modeOf(config, section) === "http" && !LEADER_CHECK.test(check) && !check.includes(OBJECT_STORE)
  );
}

/** Frontends whose backend answers people. */
function userFrontends(config: HaproxyConfig): readonly HaproxySection[] {
  const names = backendsOf(config)
    .filter((section) => servesUsers({ config, section }))
    .map(({ name }) => name);
  return config.sections.filter(
    ({ kind, lines }) =>
      kind === "frontend" &&
      lines.some(
        ([word = "", name = ""]) =>
          ["default_backend", "use_backend"].includes(word) && names.includes(name),
      ),
  );
}

/** From the death of a server to its last request: HAProxy asks every 2 s and wants 3 failures. */
function detectionMs({ words }: HaproxyServer): number {
  const every = wordAfter(words, "fastinter") ?? wordAfter(words, "inter") ?? "2000";
  return durationMs(every) * Number(wordAfter(words, "fall") ?? "3");
}

/** How long it takes to earn back so many errors, at the share of errors that is allowed. */
function earnedBackMs(facts: Facts, errors: number): number {
  return (errors / (facts.demand.rateCallsPerS * facts.targets.errorRatio)) * 1000;
}

const HOUR_MS = 3_600_000;

export const haproxyChecks: LintRule = {
  id: "haproxy-checks",
  purpose:
    "Servers without a health check, and inter × fall: failed calls until a dead server is out, in minutes of error budget.",
  needs: ["haproxy"],
  check: (facts) =>
    backends(facts).flatMap(({ config, section, servers }): readonly Draft[] => {
      const unchecked = servers.filter(({ words }) => !words.includes("check"));
      const share = 1 / servers.length;
      if (unchecked.length > 0) {
        const names = unchecked.map(({ name }) => name).join(", ");
        return [
          {
            severity: "error",
            file: config.file,
            key: `${sectionName(section)} / server ${names}`,
            value: "no check",
            consequence: `A dead server keeps its turn: ${percent(share)} of ${count(facts.demand.rateCallsPerS * 60)} calls a minute, ${count(facts.demand.rateCallsPerS * 60 * share)}, go to it until a person takes it out; ${percent(facts.targets.errorRatio)} are allowed.`,
            change: "Add check to each server line (and option httpchk to the backend).",
          },
        ];
      }
      const slowest = servers.toSorted((a, b) => detectionMs(b) - detectionMs(a))[0];
      if (slowest === undefined || !servesUsers({ config, section })) return [];
      const windowMs = detectionMs(slowest);
      const errors = (windowMs / 1000) * facts.demand.rateCallsPerS * share;
      if (!(earnedBackMs(facts, errors) > HOUR_MS)) return [];
      return [
        {
          severity: "warning",
          file: config.file,
          key: `${sectionName(section)} / server ${slowest.name} inter × fall`,
          value: span(windowMs),
          consequence: `A dead server is out after ${span(windowMs)}: ${count(errors)} calls fail (1/${String(servers.length)} of ${count(facts.demand.rateCallsPerS * 60)} a minute), which at ${percent(facts.targets.errorRatio)} takes ${span(earnedBackMs(facts, errors))} without any other error to earn back.`,
          change: "Set inter 1s fall 2, or fastinter 500ms.",
        },
      ];
    }),
};

export const haproxyRedispatch: LintRule = {
  id: "haproxy-redispatch",
  purpose: "No option redispatch: calls that retry the same dead server until it is out.",
  needs: ["haproxy"],
  check: (facts) =>
    backends(facts).flatMap(({ config, section, servers }): readonly Draft[] => {
      if (!servesUsers({ config, section }) || servers.length < 2) return [];
      if (inherited(config, section, "option", "redispatch") !== undefined) return [];
      const windowMs = Math.max(...servers.map(detectionMs));
      const errors = ((windowMs / 1000) * facts.demand.rateCallsPerS) / servers.length;
      return [
        {
          severity: "warning",
          file: config.file,
          key: `${sectionName(section)} / option redispatch`,
          value: "not set",
          consequence: `All retries of a refused connection go to the server that refused it: in the ${span(windowMs)} until it is out ${count(errors)} calls fail though ${plural(servers.length - 1, "server")} could answer, ${span(earnedBackMs(facts, errors))} of error budget for each death.`,
          change: "Add option redispatch and retry-on conn-failure empty-response to the defaults.",
        },
      ];
    }),
};

export const haproxyTimeouts: LintRule = {
  id: "haproxy-timeouts",
  purpose:
    "Timeouts shorter than the largest report, missing, or so long that a hanging server holds every connection.",
  needs: ["haproxy"],
  check: (facts) =>
    backends(facts)
      .filter(servesUsers)
      .flatMap(({ config, section }) =>
        ["server", "client"].flatMap((side) => timeoutFindings(facts, config, section, side)),
      ),
};

/** Beyond this a report has failed its objective ten times over and only holds a connection. */
const TOO_LONG_FACTOR = 10;

function timeoutFindings(
  facts: Facts,
  config: HaproxyConfig,
  section: HaproxySection,
  side: string,
): readonly Draft[] {
  const { largeReportMs } = facts.targets;
  const own = side === "server" ? section : (userFrontends(config)[0] ?? section);
  const text = inherited(config, own, "timeout", side)?.[0];
  const base = { file: config.file, key: `timeout ${side}`, value: text ?? "not set" };
  if (text === undefined) {
    return [
      {
        severity: "warning",
        ...base,
        consequence: `A ${side} that hangs holds its connection for ever: at ${count(facts.demand.rateCallsPerS)} calls/s 1,000 connections are gone after ${span((1000 / facts.demand.rateCallsPerS) * 1000)}.`,
        change: `Set timeout ${side} to ${String((largeReportMs * 2) / 1000)}s.`,
      },
    ];
  }
  const ms = durationMs(text);
  if (ms < largeReportMs) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `A large report may take ${span(largeReportMs)} and is cut off after ${span(ms)}: every one in the last ${percent((largeReportMs - ms) / largeReportMs)} of its time is an error (504), though the engine would have answered.`,
        change: `Set timeout ${side} to more than ${String(largeReportMs / 1000)}s, such as ${String((largeReportMs * 5) / 3000)}s.`,
      },
    ];
  }
  if (!(ms > largeReportMs * TOO_LONG_FACTOR)) return [];
  return [
    {
      severity: "warning",
      ...base,
      consequence: `A ${side} that hangs holds each connection for ${span(ms)}: at ${count(facts.demand.rateCallsPerS)} calls/s ${count((ms / 1000) * facts.demand.rateCallsPerS)} of them pile up before the first is given back.`,
      change: `Set timeout ${side} to ${String((largeReportMs * 2) / 1000)}s.`,
    },
  ];
}

export const haproxyTls: LintRule = {
  id: "haproxy-tls",
  purpose: "Frontends on every address without TLS.",
  needs: ["haproxy"],
  check: (facts) =>
    facts.haproxy.flatMap((config) =>
      userFrontends(config).flatMap((section) =>
        section.lines
          .filter(
            ([word, address = "", ...rest]) =>
              word === "bind" && /^(\*|0\.0\.0\.0|::|):\d+$/.test(address) && !rest.includes("ssl"),
          )
          .map(([, address = ""]) => ({
            severity: "warning" as const,
            file: config.file,
            key: `${sectionName(section)} / bind`,
            value: address,
            consequence: `Passwords and session cookies of ${count(facts.demand.userCount)} users cross every network this machine is in as plain text; one copied cookie is one user.`,
            change:
              "Bind with ssl crt <file>, redirect plain HTTP, and name the address of the outer network instead of *.",
          })),
      ),
    ),
};

export const haproxyMaxconn: LintRule = {
  id: "haproxy-maxconn",
  purpose: "maxconn against the users and the connections their browsers open.",
  needs: ["haproxy"],
  check: (facts) =>
    facts.haproxy.flatMap((config): readonly Draft[] => {
      const global = config.sections.find(({ kind }) => kind === "global");
      const serves = userFrontends(config).length > 0;
      const text = global === undefined ? undefined : directive(global, "maxconn")?.[0];
      const needed = facts.demand.userCount * CONNECTIONS_PER_USER;
      const limit = Number(text ?? Number.NaN);
      if (!serves || !(limit < needed)) return [];
      return [
        {
          severity: limit < facts.demand.userCount ? "error" : "warning",
          file: config.file,
          key: "global / maxconn",
          value: text ?? "",
          consequence: `A browser opens up to ${String(CONNECTIONS_PER_USER)} connections to a host: ${count(facts.demand.userCount)} users are ${count(needed)}, and ${count(limit)} are enough for ${count(limit / CONNECTIONS_PER_USER)} of them; the others wait in the kernel's queue, unseen by every statistic.`,
          change: `Set maxconn ${String(2 ** Math.ceil(Math.log2(needed)))}, and the limit of open files to twice that.`,
        },
      ];
    }),
};

export const haproxyStats: LintRule = {
  id: "haproxy-stats",
  purpose: "No statistics: nothing an alert about lost servers could watch.",
  needs: ["haproxy"],
  check: (facts) =>
    facts.haproxy.flatMap((config): readonly Draft[] => {
      const seen = config.sections.some(({ lines }) =>
        lines.some(
          ([first, ...rest]) =>
            (first === "stats" &&
              (rest[0] === "enable" || rest[0] === "uri" || rest[0] === "socket")) ||
            rest.includes("prometheus-exporter"),
        ),
      );
      const servers = backendsOf(config).reduce(
        (sum, section) => sum + serversOf(section).length,
        0,
      );
      if (seen) return [];
      return [
        {
          severity: "warning",
          file: config.file,
          key: "stats",
          value: "not set",
          consequence: `HAProxy alone knows which of ${plural(servers, "server")} it sends to, and tells nobody: an alert on fewer than 2 healthy instances has nothing to look at, and the first sign is that all are gone.`,
          change:
            "Add a frontend for the operators' network with http-request use-service prometheus-exporter.",
        },
      ];
    }),
};

export const haproxyLeaderSessions: LintRule = {
  id: "haproxy-leader-sessions",
  purpose: "Connections that stay on a demoted primary behind a leader endpoint.",
  needs: ["haproxy"],
  check: (facts) =>
    backends(facts).flatMap(({ config, section, servers }): readonly Draft[] => {
      if (!LEADER_CHECK.test(checkText(config, section))) return [];
      const kept = servers.filter(
        ({ words }) => wordAfter(words, "on-marked-down") !== "shutdown-sessions",
      );
      if (kept.length === 0) return [];
      const windowMs = Math.max(...servers.map(detectionMs));
      return [
        {
          severity: "error",
          file: config.file,
          key: `${sectionName(section)} / on-marked-down`,
          value: "not set",
          consequence: `After ${span(windowMs)} new connections go to the new primary, but those that are open stay on the old one: writers and the connector's replication stream hang there or write to a node that is no longer the leader, for as long as timeout server allows, whatever the failover took.`,
          change: "Add on-marked-down shutdown-sessions to default-server.",
        },
      ];
    }),
};
