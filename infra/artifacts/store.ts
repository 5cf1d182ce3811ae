/** The artifact store: names in, absolute paths out; whatever is missing is fetched, built and verified. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { arch } from "node:os";
import { basename, join } from "node:path";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { layOutPackages, verifyPackages } from "./apt.ts";
import type { Artifact, PinnedFile } from "./artifact.ts";
import { Cache } from "./cache.ts";
import { fetchArtifact } from "./clients.ts";
import { acquireLock } from "./lock.ts";
import {
  makeReadable,
  type ManifestFile,
  manifestOf,
  sha256OfFile,
  sha256OfText,
} from "./manifest.ts";
import { CLIENT_HINTS, digestError, runClient } from "./run-client.ts";
import { schedule } from "./schedule.ts";
import { ARTIFACTS, type ArtifactName } from "./table.ts";
import { TOOLS } from "./tools.ts";
import { unpackCommand } from "./unpack.ts";

/** One build and one download beside it; more would only compete for two cores. */
const AT_ONCE_MAX = 2;
const TICK_MS = 1_000;
const UNPACK_TIMEOUT_MS = 600_000;

export type ArtifactState =
  "waiting" | "fetching" | "building" | "verified" | "cached" | "tool-on-path";

export interface ArtifactProgress {
  readonly name: ArtifactName;
  readonly state: ArtifactState;
  /** Since its fetch began; 0 before. */
  readonly elapsedMs: number;
  /** What is left by the table's typical duration; 0 when done or overdue. */
  readonly etaMs: number;
}

export interface StoreOptions {
  readonly cacheDir: string;
  /** One line for every client command, every wait and every tool on PATH that is used. */
  readonly log: (line: string) => void;
  /** At every change of state, and every second while something is fetched or built. */
  readonly onProgress?: (progress: ArtifactProgress) => void;
  /** Compare every byte of cached entries, not only names and sizes. Default false. */
  readonly verify?: boolean;
  /** Use fitting tools of this machine instead. Default true. */
  readonly tools?: boolean;
}

export interface Located {
  readonly path: string;
  readonly state: "cached" | "tool-on-path";
  readonly version: string;
}

export interface Store {
  /**
   * Absolute path of each artifact's entry, see `about` in the table for what it is. Throws ARTIFACT_FAILED,
   * ARTIFACT_DIGEST or the signal's reason; what was complete by then stays in the cache.
   */
  ensure<Name extends ArtifactName>(
    names: readonly Name[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<Name, string>>>;
  /** Where the artifact is now, or undefined. Fetches and writes nothing. Throws ARTIFACT_DIGEST. */
  locate(name: ArtifactName): Promise<Located | undefined>;
  /** Ends fetches whose harness has died and removes what they left; `ensure` does so by itself. */
  sweep(): Promise<void>;
}

export function openStore(options: StoreOptions): Store {
  const cache = new Cache(options.cacheDir);
  return {
    locate: (name) => locate(cache, options, name),
    sweep: () => cache.prepare(),
    async ensure<Name extends ArtifactName>(names: readonly Name[], signal: AbortSignal) {
      signal.throwIfAborted();
      await cache.prepare();
      const paths = new Map<ArtifactName, string>();
      const missing: ArtifactName[] = [];
      for (const name of new Set<ArtifactName>(names)) {
        const located = await locate(cache, options, name);
        if (located === undefined) missing.push(name);
        else paths.set(name, located.path);
        report(options, name, located?.state ?? "waiting", 0);
        if (located?.state === "tool-on-path") {
          options.log(`${name}: uses ${located.path} (${located.version})`);
        }
      }
      const tasks = missing.map((name) => ({
        key: ARTIFACTS[name].client,
        typicalMs: ARTIFACTS[name].typicalMs,
        run: async (stop: AbortSignal) => {
          paths.set(name, await fetchInto(cache, options, name, stop));
        },
      }));
      await schedule(tasks, AT_ONCE_MAX, signal);
      return Object.fromEntries(paths) as Record<Name, string>;
    },
  };
}

async function locate(
  cache: Cache,
  options: StoreOptions,
  name: ArtifactName,
): Promise<Located | undefined> {
  const artifact: Artifact = ARTIFACTS[name];
  if (artifact.tool !== undefined && options.tools !== false) {
    const tool = await TOOLS[artifact.tool].find();
    if (tool !== undefined) return { ...tool, state: "tool-on-path" };
  }
  const entry = await cache.find(name, artifact, options.verify === true);
  if (entry === undefined) return undefined;
  const path = join(entry.contentDir, artifact.entry);
  return { path, state: "cached", version: artifact.version };
}

/** Under the artifact's lock, so that a second run waits for the first instead of doing the same. */
async function fetchInto(
  cache: Cache,
  options: StoreOptions,
  name: ArtifactName,
  signal: AbortSignal,
): Promise<string> {
  const artifact: Artifact = ARTIFACTS[name];
  await using _lock = await acquireLock(cache.lockPath(name), signal, ({ pid }) => {
    options.log(`${name}: waits for process ${String(pid)}, which is fetching it`);
  });
  const path = join(cache.entryDir(name, artifact), "content", artifact.entry);
  if ((await cache.find(name, artifact, false)) !== undefined) {
    report(options, name, "cached", 0);
    return path;
  }
  const startMs = host.monotonicMs();
  let state: ArtifactState = "fetching";
  const enter = (next: ArtifactState): void => {
    state = next;
    report(options, name, state, host.monotonicMs() - startMs);
  };
  enter("fetching");
  using _ticks = host.every(TICK_MS, () => {
    enter(state);
  });
  const stagingDir = await cache.stage(name);
  try {
    const sources = await fill({ cache, options, name, artifact, stagingDir, signal, enter });
    const files = await manifestOf(join(stagingDir, "entry", "content"));
    const fetchedInMs = Math.round(host.monotonicMs() - startMs);
    const facts = { files, fetchedInMs, ...(sources === undefined ? {} : { sources }) };
    await cache.publish(stagingDir, name, artifact, facts);
  } finally {
    await rm(stagingDir, { recursive: true, force: true });
  }
  enter("verified");
  return path;
}

interface Fill {
  readonly cache: Cache;
  readonly options: StoreOptions;
  readonly name: ArtifactName;
  readonly artifact: Artifact;
  readonly stagingDir: string;
  readonly signal: AbortSignal;
  readonly enter: (state: ArtifactState) => void;
}

/**
 * Fetches, verifies and unpacks into `<staging>/entry/content`. Returns the facts of what came where the
 * table does not pin them.
 */
async function fill(context: Fill): Promise<readonly ManifestFile[] | undefined> {
  const { artifact, name, stagingDir, signal } = context;
  const { log } = context.options;
  const downloadDir = join(stagingDir, "download");
  const contentDir = join(stagingDir, "entry", "content");
  const workDir = join(stagingDir, "work");
  const owner = { name, mark: basename(stagingDir), workDir, signal, log };
  for (const dir of [downloadDir, contentDir, workDir]) await mkdir(dir, { recursive: true });
  {
    // Maven's local repository and the others' caches are not made for two clients at once.
    await using _client = await acquireLock(
      context.cache.lockPath(`client-${artifact.client}`),
      signal,
    );
    await fetchArtifact(artifact, {
      ...owner,
      downloadDir,
      clientDir: context.cache.clientDir(artifact.client),
      onBuilding: () => {
        context.enter("building");
      },
    });
  }
  await verifyDownload(name, artifact, downloadDir);
  const sources = artifact.client === "apt" ? await manifestOf(downloadDir) : undefined;
  if (artifact.client === "apt") {
    await layOutPackages(artifact, { ...owner, downloadDir }, contentDir);
  }
  for (const file of pinnedFiles(name, artifact)) {
    if (file.unpack === undefined) continue;
    const archive = join(downloadDir, file.name);
    const argv = await unpackCommand(archive, contentDir, file.unpack);
    const run = { cwd: workDir, timeoutMs: UNPACK_TIMEOUT_MS };
    await runClient(artifact.client, argv, owner, run);
    await rm(archive);
  }
  for (const file of await readdir(downloadDir)) {
    await rename(join(downloadDir, file), join(contentDir, file));
  }
  await makeReadable(contentDir);
  signal.throwIfAborted();
  return sources;
}

/** The files an artifact has on this machine. Throws ARTIFACT_FAILED where there is none for it. */
export function pinnedFiles(
  name: string,
  artifact: Artifact,
  architecture: string = arch(),
): readonly PinnedFile[] {
  if (!("files" in artifact)) return [];
  const files = artifact.files.filter((file) => (file.arch ?? architecture) === architecture);
  if (files.length > 0) return files;
  throw new LakeproofError("ARTIFACT_FAILED", `Artifact ${name} has no file for ${architecture}.`, {
    hint:
      artifact.tool === undefined
        ? "Run lakeproof on an x64 or arm64 machine."
        : `Install ${TOOLS[artifact.tool].wanted} and put it on PATH: it is then used instead.`,
  });
}

/** Throws ARTIFACT_DIGEST or ARTIFACT_FAILED unless the download is exactly what the table pins. */
export async function verifyDownload(
  name: string,
  artifact: Artifact,
  downloadDir: string,
): Promise<void> {
  if (artifact.client === "go" || artifact.kind === "environment") return;
  const { purge } = CLIENT_HINTS[artifact.client];
  const names = (await readdir(downloadDir)).sort();
  if (artifact.client === "apt") {
    verifyPackages(name, artifact, names);
    return;
  }
  if (artifact.kind === "tree") {
    const lines: string[] = [];
    for (const file of names)
      lines.push(`${await sha256OfFile(join(downloadDir, file))}  ${file}\n`);
    const actual = sha256OfText(lines.join(""));
    if (actual === artifact.treeSha256) return;
    const expected = `${String(artifact.fileCount)} files with tree sha256 ${artifact.treeSha256}`;
    const found = `${String(names.length)} files with ${actual}`;
    throw digestError(name, "the set of jars", expected, found, purge);
  }
  const pinned = pinnedFiles(name, artifact);
  for (const file of pinned) {
    if (!names.includes(file.name)) {
      throw new LakeproofError(
        "ARTIFACT_FAILED",
        `Artifact ${name}: ${artifact.client} brought ${names.join(", ") || "nothing"}, not ${file.name}.`,
        {
          hint: "Look at the client's configuration (mirrors, indexes, platform), then run again.",
        },
      );
    }
    const actual = await sha256OfFile(join(downloadDir, file.name));
    if (actual === file.sha256) continue;
    throw digestError(name, file.name, `sha256 ${file.sha256}`, `sha256 ${actual}`, purge);
  }
}

function report(
  options: StoreOptions,
  name: ArtifactName,
  state: ArtifactState,
  elapsedMs: number,
): void {
  const done = state === "verified" || state === "cached" || state === "tool-on-path";
  const etaMs = done ? 0 : Math.max(0, Math.round(ARTIFACTS[name].typicalMs - elapsedMs));
  options.onProgress?.({ name, state, elapsedMs: Math.round(elapsedMs), etaMs });
}
