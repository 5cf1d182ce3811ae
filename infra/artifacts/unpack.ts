/** Unpacks .tar.gz through tar and .zip/.whl through Python, both of which the clients need anyway. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Unpack } from "./artifact.ts";

/**
 * zipfile's own command line drops the executable bits, and unzip is not on every machine.
 * Arguments: archive, target, components to strip, prefixes…
 */
const UNZIP_PY = `
import os, shutil, sys, zipfile
archive, target, strip, only = sys.argv[1], sys.argv[2], int(sys.argv[3]), tuple(sys.argv[4:])
with zipfile.ZipFile(archive) as z:
    for info in z.infolist():
        parts = [p for p in info.filename.split("/") if p][strip:]
        if info.is_dir() or not parts or (only and not info.filename.startswith(only)):
            continue
        if ".." in parts:
            sys.exit("refused: " + info.filename)
        path = os.path.join(target, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with z.open(info) as source, open(path, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        os.chmod(path, 0o755 if (info.external_attr >> 16) & 0o111 else 0o644)
`;

/** The command that unpacks `archive` below `contentDir`. */
export async function unpackCommand(
  archive: string,
  contentDir: string,
  unpack: Unpack,
): Promise<readonly string[]> {
  const target = join(contentDir, unpack.into);
  await mkdir(target, { recursive: true });
  const only = unpack.only ?? [];
  if (archive.endsWith(".tar.gz")) {
    const strip = `--strip-components=${String(unpack.strip)}`;
    return ["tar", "-xzf", archive, "-C", target, "--no-same-owner", strip, ...only];
  }
  return ["python3", "-c", UNZIP_PY, archive, target, String(unpack.strip), ...only];
}
