/**
 * The cache on disk. An entry is `artifacts/<name>-<version>-<digest12>/` with `content/` and `manifest.json`;
 * it appears by one rename out of `staging/`, so a reader sees all of it or nothing.
 */
import { readFileSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { arch, homedir } from "node:os";
import { join } from "node:path";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import type { Artifact, ClientName } from "./artifact.ts";
import { markedProcesses, signalProcess } from "../drivers/processes.ts";
import { ownerIsAlive, parseOwner, thisProcess } from "./lock.ts";
import { compareDigests, compareSizes, type ManifestFile, sha256OfText } from "./manifest.ts";
import { pythonTag } from "./python.ts";

/** Environment variable that tells whose fetch a client process belongs to. */
export const MARK_VARIABLE = "LAKEPROOF_FETCH";
const ENTRY_SCHEMA = "lakeproof.artifact/1";
const MANIFEST = "manifest.json";
/** Raised when the way an artifact is laid out changes without a change of its table line. */
const RECIPE_EDITION = 1;
/** Words for people and hints for tools: they change no byte of what is fetched. */
const NOT_RECIPE: ReadonlySet<string> = new Set(["about", "typicalMs", "tool"]);

export interface Entry {
  readonly schema: typeof ENTRY_SCHEMA;
  readonly name: string;
  readonly version: string;
  readonly recipeSha256: string;
  readonly fetchedAtEpochMs: number;
  readonly fetchedInMs: number;
  readonly files: readonly ManifestFile[];
  /** What the client brought where the table does not pin it: packages, before they were unpacked. */
  readonly sources?: readonly ManifestFile[];
}

export interface CacheEntry {
  readonly dir: string;
  readonly contentDir: string;
  readonly manifest: Entry;
}

/** LAKEPROOF_CACHE_DIR, else the system's cache for root, else the user's. */
export function defaultCacheDir(): string {
  const named = host.env["LAKEPROOF_CACHE_DIR"];
  if (named !== undefined && named !== "") return named;
  // PostgreSQL refuses root, and the user it runs as instead cannot look into root's home.
  if (host.uid === 0) return "/var/cache/lakeproof";
  const cacheHome = host.env["XDG_CACHE_HOME"];
  const base = cacheHome === undefined || cacheHome === "" ? join(homedir(), ".cache") : cacheHome;
  return join(base, "lakeproof");
}

/** Identity of what an artifact's line in the table yields on this machine: changes with any pinned digest. */
export function recipeSha256(artifact: Artifact, architecture: string = arch()): string {
  const recipe = JSON.stringify(artifact, (key, value: unknown) =>
    NOT_RECIPE.has(key) ? undefined : value,
  );
  return sha256OfText(
    JSON.stringify([RECIPE_EDITION, architecture, recipe, ...platformOf(artifact)]),
  );
}

/** What else of this machine the content was made for, besides the processor. */
function platformOf(artifact: Artifact): readonly string[] {
  if (artifact.client === "apt") return [distribution()];
  return artifact.kind === "environment" ? [pythonTag()] : [];
}

/** "debian-12": its libraries are the ones that fetched programs use. */
function distribution(): string {
  let text: string;
  try {
    text = readFileSync("/etc/os-release", "utf8");
  } catch {
    return "unknown";
  }
  return ["ID", "VERSION_ID"]
    .map((name) => new RegExp(`^${name}="?([^"\n]*)`, "m").exec(text)?.[1] ?? "unknown")
    .join("-");
}

export class Cache {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Creates the directories, ends clients whose harness has died and clears away what they left. */
  async prepare(): Promise<void> {
    for (const dir of [
      this.#dir,
      ...["artifacts", "staging", "locks"].map((name) => this.#at(name)),
    ]) {
      await makeDirectory(dir);
    }
    await this.#sweep();
  }

  entryDir(name: string, artifact: Artifact): string {
    const digest = recipeSha256(artifact).slice(0, 12);
    return this.#at("artifacts", `${name}-${artifact.version}-${digest}`);
  }

  /** For what a client keeps between fetches; that client's lock guards it. */
  clientDir(client: ClientName): string {
    return this.#at("clients", client);
  }

  lockPath(name: string): string {
    return this.#at("locks", `${name}.lock`);
  }

  /**
   * The cached entry, undefined when there is none, ARTIFACT_DIGEST when it was changed since it was fetched.
   * `everyByte` compares digests, else names and sizes.
   */
  async find(
    name: string,
    artifact: Artifact,
    everyByte: boolean,
  ): Promise<CacheEntry | undefined> {
    const dir = this.entryDir(name, artifact);
    const manifest = await readEntry(join(dir, MANIFEST));
    if (manifest === undefined) return undefined;
    const contentDir = join(dir, "content");
    const compare = everyByte ? compareDigests : compareSizes;
    const wrong = await compare(contentDir, manifest.files);
    if (wrong === undefined) return { dir, contentDir, manifest };
    throw new LakeproofError(
      "ARTIFACT_DIGEST",
      `Artifact ${name} in the cache was changed: ${join(contentDir, wrong.path)} ` +
        `should be ${wrong.expected} but is ${wrong.actual}.`,
      { hint: `Run \`rm -rf ${dir}\` and run again: it is then fetched anew.` },
    );
  }

  /** A staging directory of this process alone. */
  async stage(name: string): Promise<string> {
    const { pid, startTicks } = thisProcess();
    const unique = `${name}-${String(pid)}-${startTicks}-${host.randomHex(4)}`;
    const dir = this.#at("staging", unique);
    await makeDirectory(dir);
    return dir;
  }

  /** Publishes `<staging>/entry`, which has its content; the manifest is added. */
  async publish(
    stagingDir: string,
    name: string,
    artifact: Artifact,
    facts: Pick<Entry, "fetchedInMs" | "files" | "sources">,
  ): Promise<void> {
    const entry: Entry = {
      schema: ENTRY_SCHEMA,
      name,
      version: artifact.version,
      recipeSha256: recipeSha256(artifact),
      fetchedAtEpochMs: host.epochMs(),
      ...facts,
    };
    const from = join(stagingDir, "entry");
    await writeFile(join(from, MANIFEST), `${JSON.stringify(entry, null, 1)}\n`, { mode: 0o644 });
    await chmod(from, 0o755);
    try {
      await rename(from, this.entryDir(name, artifact));
    } catch (error) {
      // Another run was faster, and what it published is as good; ours goes with the staging directory.
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    }
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#at("staging"))) {
      const match = /-(\d+)-(\d+)-[0-9a-f]+$/.exec(name);
      if (match?.[1] === undefined || match[2] === undefined) continue;
      const owner = { pid: Number(match[1]), startTicks: match[2] };
      if (ownerIsAlive(owner)) continue;
      // A client outlives a harness that was killed, and would go on writing here.
      for (const { pid } of markedProcesses(`${MARK_VARIABLE}=${name}`)) {
        signalProcess(pid, "SIGKILL");
      }
      await rm(this.#at("staging", name), { recursive: true, force: true, maxRetries: 5 });
    }
    for (const name of await readdir(this.#at("locks"))) {
      // Drafts of locks only: a lock itself is taken over by whoever needs it.
      if (name.endsWith(".lock")) continue;
      const path = this.#at("locks", name);
      const owner = parseOwner(await readFile(path, "utf8").catch(() => ""));
      if (owner !== undefined && !ownerIsAlive(owner)) await rm(path, { force: true });
    }
  }

  #at(...parts: readonly string[]): string {
    return join(this.#dir, ...parts);
  }
}

async function makeDirectory(dir: string): Promise<void> {
  try {
    // mkdir reports the first directory it created: only what is ours gets its mode set.
    if ((await mkdir(dir, { recursive: true, mode: 0o755 })) !== undefined) await chmod(dir, 0o755);
  } catch (error) {
    throw new LakeproofError("REQUIREMENT_MISSING", `Cannot create the cache directory ${dir}.`, {
      hint: "Set LAKEPROOF_CACHE_DIR to a directory that you may write.",
      cause: error,
    });
  }
}

async function readEntry(path: string): Promise<Entry | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
  try {
    const entry = JSON.parse(text) as Entry;
    if ((entry.schema as string) === ENTRY_SCHEMA && Array.isArray(entry.files)) return entry;
  } catch {
    // Falls through: a manifest that is not JSON is as damaged as one of another kind.
  }
  throw new LakeproofError("ARTIFACT_DIGEST", `The cache entry's manifest ${path} is damaged.`, {
    hint: `Run \`rm -rf ${join(path, "..")}\` and run again: it is then fetched anew.`,
  });
}
