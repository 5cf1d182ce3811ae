/**
 * The web application firewall of the DMZ: nginx with ModSecurity and the OWASP core rule set. The load balancer
 * sends every request here, and what is cleared comes back to it on its inner port: it alone knows the servers.
 */
import { join } from "node:path";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { programIn } from "../artifacts/programs.ts";
import { BI_INNER_PORT } from "./haproxy-config.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

const PORT = 8000;
export const WAF_HEALTH_PATH = "/waf-health";
/** Anyone's first try at an injection; a firewall that lets it pass protects nothing. */
const ATTACK = "/?id=1%27%20OR%20%271%27=%271";
const LIBRARY_DIRS = ["x86_64-linux-gnu", "aarch64-linux-gnu"];

export const waf: Component = {
  kind: "waf",
  artifacts: ["nginx", "modsecurity", "modsecurity-crs"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const modsecurity = join(context.artifact("modsecurity"), "root", "usr", "lib");
      const rules = context.artifact("modsecurity-crs");
      return {
        id,
        service: context.service,
        component: "waf",
        ordinal,
        host,
        ports: { main: PORT },
        dataDir,
        readyMsMax: 60_000,
        unprivileged: true,
        prepare: [],
        files: {
          "nginx.conf": nginxConfig(host, modsecurity, edgesOf(context)),
          "modsecurity.conf": modsecurityConfig(rules),
        },
        command: {
          argv: [
            programIn(context.artifact("nginx"), "nginx"),
            ...["-p", dataDir, "-c", join(dataDir, "nginx.conf"), "-e", "stderr"],
          ],
          // The module finds its own library beside it; the script that starts nginx keeps what is here.
          env: { LD_LIBRARY_PATH: LIBRARY_DIRS.map((dir) => join(modsecurity, dir)).join(":") },
        },
      };
    }),
  // Alive, and it blocks: rules that were not loaded would let everything pass in silence.
  probe: async (spec, signal) => {
    const base = `http://${addressOf(spec)}`;
    await expectStatus(`${base}${WAF_HEALTH_PATH}`, 200, signal);
    await expectStatus(`${base}${ATTACK}`, 403, signal);
  },
};

/** By their addresses alone: the load balancer's own description asks for this service's. */
function edgesOf(context: ComponentContext): readonly string[] {
  const { edge } = context.config;
  const count = typeof edge === "string" ? context.replicaCountOf(edge) : 0;
  if (typeof edge !== "string" || count === 0) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `${context.service}: config.edge names no service.`,
      {
        hint: "Name the load balancer that sends its requests here: a service of component haproxy-bi.",
      },
    );
  }
  return Array.from(
    { length: count },
    (_, ordinal) => `${context.host(edge, ordinal)}:${String(BI_INNER_PORT)}`,
  );
}

function nginxConfig(host: string, moduleRoot: string, edges: readonly string[]): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `load_module ${join(moduleRoot, "nginx", "modules", "ngx_http_modsecurity_module.so")};
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {
    worker_connections 4096;
}
http {
    access_log off;
${temporary.map((name) => `    ${name}_temp_path ${name}_temp;\n`).join("")}
    client_max_body_size 10m;
    modsecurity on;
    modsecurity_rules_file modsecurity.conf;
    upstream cleared {
${edges.map((edge) => `        server ${edge};\n`).join("")}        keepalive 64;
    }
    server {
        listen ${host}:${String(PORT)};
        location = ${WAF_HEALTH_PATH} {
            modsecurity off;
            return 200 "ok\\n";
        }
        location / {
            proxy_pass http://cleared;
            proxy_bind ${host};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_read_timeout 60s;
        }
    }
}
`;
}

function modsecurityConfig(ruleSet: string): string {
  const rules = join(ruleSet, "root", "usr", "share", "modsecurity-crs", "rules");
  return `SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 10485760
SecRequestBodyNoFilesLimit 1048576
SecRequestBodyLimitAction Reject
# Answers are tables of the bank's own data: reading them all would cost more than it finds.
SecResponseBodyAccess Off
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecArgumentSeparator &
SecCookieFormat 0
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/json" \\
    "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include ${join(ruleSet, "root", "etc", "modsecurity", "crs", "crs-setup.conf")}
SecAction "id:900200,phase:1,pass,nolog,t:none,\\
    setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT DELETE'"
# Whoever describes a chart or a question writes SQL: there it is no sign of an attack.
SecRule REQUEST_URI "@rx ^/api/(?:v1/(?:chart|dataset|dashboard|sqllab|explore)|card|dataset|dashboard)(?:/|\\?|$)" \\
    "id:900100,phase:1,pass,nolog,t:none,ctl:ruleRemoveTargetByTag=attack-sqli;ARGS"
Include ${rules}/*.conf
`;
}

async function expectStatus(url: string, wanted: number, signal: AbortSignal): Promise<void> {
  const response = await untilAborted(fetch(url, { signal }), signal);
  await untilAborted(response.arrayBuffer(), signal);
  if (response.status === wanted) return;
  throw new LakeproofError(
    "CLIENT_FAILED",
    `GET ${url} answered ${String(response.status)}, not ${String(wanted)}.`,
    { hint: "Read the instance's log." },
  );
}
