/** Which lakeproof this is, and which versions of everything it starts. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ARTIFACTS, type ArtifactName } from "../infra/artifacts/table.ts";

const Manifest = z.object({ version: z.string() });

/** From source the manifest is one folder up, from the compiled package two. */
function readVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const text = readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
      return Manifest.parse(JSON.parse(text)).version;
    } catch {
      continue;
    }
  }
  return "unknown";
}

export const VERSION = readVersion();

export function versionsOf(
  artifacts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(artifacts).flatMap((name) =>
      name in ARTIFACTS ? [[name, ARTIFACTS[name as ArtifactName].version]] : [],
    ),
  );
}
