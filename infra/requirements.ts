/** What must be there before anything starts: every requirement with its state and the command that fixes it. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import type { ClientName } from "./artifacts/artifact.ts";
import { ARTIFACTS, type ArtifactName } from "./artifacts/table.ts";
import * as checks from "./requirement-checks.ts";
import type { PortNeed, Requirement } from "./requirement-checks.ts";

export type { PortNeed, Requirement };

const GIB = 1024 ** 3;
const MEMORY_BYTES_MIN = 8 * GIB;
const DISK_BYTES_MIN = 10 * GIB;

export interface RequirementsInput {
  readonly cacheDir: string;
  readonly stateDir: string;
  readonly artifacts: readonly ArtifactName[];
  readonly ports: readonly PortNeed[];
  /** Compare every byte of the cached artifacts. Default false. */
  readonly verify?: boolean;
  /** Default 8 GiB. */
  readonly memoryBytesMin?: number;
}

/** Checks everything at once and fetches nothing. In the order of the report. */
export async function checkRequirements(input: RequirementsInput): Promise<readonly Requirement[]> {
  const artifacts = await checks.checkArtifacts(input);
  const needed = new Set<ClientName>(
    artifacts.flatMap(({ name, there }) => (there ? [] : [ARTIFACTS[name].client])),
  );
  const { cacheDir, stateDir } = input;
  const checked = await Promise.all([
    checks.checkProc(),
    checks.checkPython(needed.size > 0),
    checks.checkPip(needed.has("pip")),
    checks.checkApt(needed.has("apt")),
    checks.checkGo(needed.has("go")),
    checks.checkMaven(needed.has("maven")),
    checks.checkJava("java17", 17, 21),
    checks.checkJava("java25", 24),
    checks.checkLoopback(),
    checks.checkMemory(input.memoryBytesMin ?? MEMORY_BYTES_MIN),
    checks.checkDisk("disk-cache", cacheDir, "LAKEPROOF_CACHE_DIR", DISK_BYTES_MIN),
    checks.checkDisk("disk-state", stateDir, "LAKEPROOF_STATE_DIR", DISK_BYTES_MIN),
    ...(host.uid === 0 ? [checks.checkNobody(), checks.checkReachable(cacheDir)] : []),
  ]);
  return [
    checks.checkNode(host.nodeVersion),
    ...checked,
    ...(await checks.checkPorts(input.ports)),
    ...artifacts.map(({ requirement }) => requirement),
  ];
}

/** Throws REQUIREMENT_MISSING that lists everything that is missing, or returns. */
export function refuseMissing(requirements: readonly Requirement[]): void {
  const missing = requirements.filter(({ status }) => status === "missing");
  if (missing.length === 0) return;
  const lines = missing.map(({ id, detail, fix }) =>
    fix === undefined ? `  ${id}: ${detail}` : `  ${id}: ${detail}\n    fix: ${fix}`,
  );
  const count = `${String(missing.length)} requirement${missing.length === 1 ? " is" : "s are"}`;
  throw new LakeproofError(
    "REQUIREMENT_MISSING",
    [`${count} missing; nothing was started.`, ...lines].join("\n"),
    { hint: "Apply the fixes above, then look again with `lakeproof doctor`." },
  );
}

/** One line for people: what stands in the way, or that nothing does. */
export function summaryOf(requirements: readonly Requirement[]): string {
  const by = Map.groupBy(requirements, ({ status }) => status);
  const count = (status: Requirement["status"]): string => String(by.get(status)?.length ?? 0);
  const missing = by.get("missing") ?? [];
  const counts = `${count("ok")} ok, ${count("warn")} to know, ${count("missing")} missing`;
  if (missing.length === 0) return `Ready to run: ${counts}.`;
  return `Not ready: ${counts} (${missing.map(({ id }) => id).join(", ")}).`;
}
