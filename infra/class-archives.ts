/**
 * Classes of the JVMs, loaded and verified once: an archive that every later start of the same program maps into memory
 * instead (class data sharing). The first instance of a program on this machine writes down what it loads, the next
 * command that fetches makes an archive of it, and from then on each start takes a third to a half less processor time.
 * What runs is the same: a JVM that finds anything different takes no notice of the archive.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { runCommand } from "./artifacts/process.ts";

const Program = z.object({ java: z.string(), classPath: z.string(), mainClass: z.string() });
/** What decides which classes are loaded. */
export type JavaProgram = z.infer<typeof Program>;

const MAKE_MS_MAX = 180_000;
/** A recording or a making that is this old was left behind by a process that was killed. */
const CLAIM_MS_MAX = 600_000;
/** Ours alone is not to fill the machine's memory; the largest program has some 25,000 classes. */
const MAKE_HEAP = "-Xmx1g";
const KEY_LENGTH = 16;

/** Set to "off", every JVM starts as if there were no archives. */
const SWITCH_VARIABLE = "LAKEPROOF_CLASS_ARCHIVES";

/** The program of a command line that has its class path and then its main class; undefined for any other. */
export function javaProgramOf(argv: readonly string[]): JavaProgram | undefined {
  const [java = ""] = argv;
  const at = argv.indexOf("-cp");
  const [classPath, mainClass] = at < 0 ? [] : argv.slice(at + 1);
  if (basename(java) !== "java" || classPath === undefined || mainClass === undefined) {
    return undefined;
  }
  return { java, classPath, mainClass };
}

/** Name of the program's files: another as soon as its JVM or one of its jars is another. */
export function archiveKeyOf(program: JavaProgram): string {
  const jvm = join(dirname(dirname(realpathSync(program.java))), "lib", "server", "libjvm.so");
  const jars = program.classPath.split(":").flatMap((entry) => {
    if (!entry.endsWith("/*")) return [entry];
    const directory = entry.slice(0, -2);
    return readdirSync(directory).map((name) => join(directory, name));
  });
  const facts = [jvm, ...jars].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return [path, size, mtimeMs];
  });
  const digest = createHash("sha256")
    .update(JSON.stringify([program, facts]))
    .digest("hex");
  return `${program.mainClass.split(".").at(-1) ?? "main"}-${digest.slice(0, KEY_LENGTH)}`;
}

export interface ClassArchives {
  /** What a JVM of this command line is started with beside its own options. */
  optionsFor(argv: readonly string[]): JvmStart;
  /** It has come so far that what it loaded is worth keeping. */
  recorded(start: JvmStart): void;
  /** It died while it started, and without these options it does not: never again. */
  distrust(start: JvmStart): void;
  /** Makes an archive of each list that has none. Returns what was made; one that cannot be made is not tried again. */
  make(signal: AbortSignal, told: (text: string) => void): Promise<readonly string[]>;
}

export interface JvmStart {
  readonly options: readonly string[];
  /** Names the files; undefined where no option was given. */
  readonly key?: string;
  readonly recording?: true;
}

/** As it always was. */
export const PLAIN: JvmStart = { options: [] };

export function openClassArchives(cacheDir: string): ClassArchives {
  return new Archives(join(cacheDir, "classes"), host.env[SWITCH_VARIABLE] !== "off");
}

class Archives implements ClassArchives {
  readonly #dir: string;
  readonly #isOn: boolean;

  constructor(dir: string, isOn: boolean) {
    this.#dir = dir;
    this.#isOn = isOn;
  }

  #path(key: string, kind: "jsa" | "lst" | "part" | "json" | "bad" | "claim" | "new"): string {
    return join(this.#dir, `${key}.${kind}`);
  }

  optionsFor(argv: readonly string[]): JvmStart {
    const program = this.#isOn ? javaProgramOf(argv) : undefined;
    if (program === undefined) return PLAIN;
    try {
      const key = archiveKeyOf(program);
      const archive = this.#path(key, "jsa");
      if (existsSync(archive)) return { options: [`-XX:SharedArchiveFile=${archive}`], key };
      if (existsSync(this.#path(key, "bad")) || existsSync(this.#path(key, "lst"))) return PLAIN;
      mkdirSync(this.#dir, { recursive: true, mode: 0o755 });
      if (!this.#claim(key)) return PLAIN;
      writeFileSync(this.#path(key, "json"), `${JSON.stringify(program)}\n`);
      const options = [`-XX:DumpLoadedClassList=${this.#path(key, "part")}`];
      return { options, key, recording: true };
    } catch {
      // A cache that cannot be read or written: it starts as it always did.
      return PLAIN;
    }
  }

  /** True for one only, until it lets go or is too old to be alive. */
  #claim(key: string): boolean {
    const path = this.#path(key, "claim");
    try {
      writeFileSync(path, "", { flag: "wx" });
      return true;
    } catch {
      if (host.epochMs() - statSync(path).mtimeMs < CLAIM_MS_MAX) return false;
      rmSync(path, { force: true });
      return false;
    }
  }

  recorded({ key, recording }: JvmStart): void {
    if (key === undefined || recording === undefined) return;
    try {
      // The JVM has it open, and goes on writing to it under its new name.
      renameSync(this.#path(key, "part"), this.#path(key, "lst"));
    } catch {
      // Nothing was written down.
    }
    rmSync(this.#path(key, "claim"), { force: true });
  }

  distrust({ key }: JvmStart): void {
    if (key !== undefined) this.#giveUp(key, "A JVM died while it started with it.");
  }

  #giveUp(key: string, why: string): void {
    for (const kind of ["jsa", "lst", "part", "claim", "new"] as const) {
      rmSync(this.#path(key, kind), { force: true });
    }
    writeFileSync(this.#path(key, "bad"), `${why}\n`);
  }

  async make(signal: AbortSignal, told: (text: string) => void): Promise<readonly string[]> {
    const made: string[] = [];
    for (const key of this.#isOn ? this.#listed() : []) {
      const program = this.#programOf(key);
      if (program === undefined) {
        // Its jars or its JVM are no longer what they were: nobody will ask for it again.
        for (const kind of ["lst", "json"] as const) rmSync(this.#path(key, kind), { force: true });
        continue;
      }
      if (existsSync(this.#path(key, "jsa")) || !this.#claim(key)) continue;
      told(program.mainClass);
      try {
        await this.#makeOne(key, program, signal);
        made.push(program.mainClass);
      } catch (error) {
        signal.throwIfAborted();
        this.#giveUp(key, reasonOf(error));
      } finally {
        rmSync(this.#path(key, "claim"), { force: true });
      }
    }
    return made;
  }

  #listed(): readonly string[] {
    try {
      return readdirSync(this.#dir)
        .filter((name) => name.endsWith(".lst"))
        .map((name) => name.slice(0, -".lst".length))
        .sort();
    } catch {
      return [];
    }
  }

  #programOf(key: string): JavaProgram | undefined {
    try {
      const program = Program.parse(JSON.parse(readFileSync(this.#path(key, "json"), "utf8")));
      return archiveKeyOf(program) === key ? program : undefined;
    } catch {
      return undefined;
    }
  }

  async #makeOne(key: string, program: JavaProgram, signal: AbortSignal): Promise<void> {
    const list = this.#path(key, "part");
    // Whoever writes it may still run: a line that is only half there names no class.
    const lines = readFileSync(this.#path(key, "lst"), "utf8").split("\n").slice(0, -1);
    writeFileSync(list, `${lines.join("\n")}\n`);
    const archive = this.#path(key, "new");
    const { java, classPath } = program;
    const { exitCode, tail } = await runCommand(
      [
        // Only this collector writes the objects of the archive; any of them reads these.
        ...[java, MAKE_HEAP, "-XX:+UseG1GC", "-Xshare:dump", "-Xlog:disable", "-Xlog:all=error"],
        `-XX:SharedClassListFile=${list}`,
        `-XX:SharedArchiveFile=${archive}`,
        ...["-cp", classPath],
      ],
      { signal, timeoutMs: MAKE_MS_MAX },
    );
    rmSync(list, { force: true });
    if (exitCode !== 0 || !existsSync(archive)) {
      this.#giveUp(key, tail.slice(-5).join("\n"));
      return;
    }
    renameSync(archive, this.#path(key, "jsa"));
    rmSync(this.#path(key, "lst"), { force: true });
  }
}
