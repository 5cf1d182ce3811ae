/** What all package clients share: how one is run, what a fetch is told, how content that differs is told. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LakeproofError } from "../../core/errors.ts";
import type { ClientName } from "./artifact.ts";
import { temporaryFilesIn } from "../temporary-directory.ts";
import { MARK_VARIABLE } from "./cache.ts";
import { type CommandResult, runCommand } from "./process.ts";

export const CLIENT_HINTS = {
  maven: {
    failed:
      "Check that Maven can reach its repositories (`mvn -version` must run), then run again.",
    purge: "Delete the artifact's directory from the local Maven repository and run again",
  },
  pip: {
    failed: "Check that `python3 -m pip` can reach its index, then run again.",
    purge: "Run `python3 -m pip cache purge` and run again",
  },
  go: {
    failed:
      "Check that `go env GOPROXY` can be reached and that Go is 1.25 or newer, then run again.",
    purge: "Run `go clean -modcache` and run again",
  },
  apt: {
    failed:
      "Check that `apt-get update` can reach this machine's package sources, then run again; or " +
      "install the program yourself: a fitting one on PATH is used instead.",
    purge: "Delete `clients/apt` below the cache directory and run again",
  },
} as const satisfies Record<ClientName, { failed: string; purge: string }>;

export interface FetchContext {
  readonly name: string;
  /** Name of the staging directory: every process of this fetch carries it in its environment. */
  readonly mark: string;
  /** Scratch space for project files of the client. */
  readonly workDir: string;
  /** Where the fetched files end up, under the names the registry gives them. */
  readonly downloadDir: string;
  /** What a client keeps from one fetch to the next, where it has no place of its own for that. */
  readonly clientDir: string;
  readonly signal: AbortSignal;
  /** One line per command that is run. */
  readonly log: (line: string) => void;
  readonly onBuilding: () => void;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Runs a client to success or throws ARTIFACT_FAILED with the last 50 lines of its output. */
export async function runClient(
  client: ClientName,
  argv: readonly string[],
  context: Pick<FetchContext, "name" | "mark" | "workDir" | "signal" | "log">,
  options: RunOptions,
): Promise<CommandResult> {
  const shown = shorten(argv);
  context.log(`${context.name}: $ ${shown}`);
  // Not the folder it works in: Go does not read a go.mod that lies in the system's temporary folder itself.
  const temporaryDir = join(context.workDir, "tmp");
  mkdirSync(temporaryDir, { recursive: true });
  const env = {
    ...temporaryFilesIn(temporaryDir),
    ...options.env,
    [MARK_VARIABLE]: context.mark,
  };
  const result = await runCommand(argv, { ...options, env, signal: context.signal });
  if (result.exitCode === 0) return result;
  const how =
    result.exitCode < 0 ? "was killed" : `ended with exit code ${String(result.exitCode)}`;
  throw new LakeproofError(
    "ARTIFACT_FAILED",
    [`Artifact ${context.name}: \`${shown}\` ${how}.`, ...result.tail].join("\n"),
    { hint: CLIENT_HINTS[client].failed },
  );
}

function shorten(argv: readonly string[]): string {
  return argv.map((part) => (part.includes("\n") ? "…" : part)).join(" ");
}

export function digestError(
  name: string,
  file: string,
  expected: string,
  actual: string,
  purge: string,
): LakeproofError {
  return new LakeproofError(
    "ARTIFACT_DIGEST",
    `Artifact ${name}: ${file} should be ${expected} but is ${actual}.`,
    { hint: `${purge}; if it stays so, the registry serves other content than was pinned.` },
  );
}
