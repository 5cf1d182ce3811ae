/**
 * Where a program puts its temporary files. A killed one leaves them behind (unpacked native libraries,
 * copies of jars, lock files), so each gets a directory that goes when its owner's does.
 */
import { rmSync } from "node:fs";
import { join, sep } from "node:path";

/**
 * What tells programs, and JVMs that ignore TMPDIR, to put their temporary files into `dir`. `jvmOptions` are those that
 * belong to this machine alone, and so not into what an instance is configured with.
 */
export function temporaryFilesIn(
  dir: string,
  jvmOptions: readonly string[] = [],
): Readonly<Record<string, string>> {
  // Of all options of a JVM only this variable reaches those that a client such as Maven starts itself.
  const options = [`-Djava.io.tmpdir=${dir}`, ...jvmOptions];
  return { TMPDIR: dir, JDK_JAVA_OPTIONS: options.map((option) => `"${option}"`).join(" ") };
}

/** Written into the virtual machine: neither TMPDIR nor its own properties change it. */
const ATTACH_DIR = join(sep, "tmp");

/**
 * A JVM that was asked for its own management agent listens on a socket whose place is fixed in the
 * virtual machine, and one that is killed leaves it there. Only to be called once the process is gone.
 */
export function removeAttachSocket(pid: number): void {
  rmSync(join(ATTACH_DIR, `.java_pid${String(pid)}`), { force: true });
}
