/** The verbs about targets: what they are, and the boards and alerts that watch them. */
import { join } from "node:path";
import type { Command } from "commander";
import { host } from "../core/host.ts";
import { writeMonitoring } from "./monitoring.ts";
import { objectives } from "./objectives.ts";
import { writeRules } from "./rules.ts";

interface Options {
  readonly json: boolean;
  readonly openslo: boolean;
  readonly out: string;
}

const JSON_OPTION = ["--json", "machine-readable output on stdout", false] as const;

export function addObjectiveVerbs(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("objectives [file]", "the targets with their lines in the seed, or those of an OpenSLO file")
    .option(...JSON_OPTION)
    .option("--openslo", "as OpenSLO v1 on stdout", false)
    .action((file: string | undefined, { json, openslo }: Options) => {
      exit(objectives({ file, openslo, json }));
    });
  verb(
    "rules <run>",
    "burn-rate alerts for Prometheus, with promtool tests from the run's own series",
  )
    .option(...JSON_OPTION)
    .option("--out <dir>", "where rules.yml and rules.test.yml go", join(host.cwd, "rules"))
    .action(async (runDir: string, { json, out }: Options) => {
      exit(await writeRules(runDir, { json, outDir: out }));
    });
  verb(
    "monitoring [topology]",
    "the three boards for Grafana, and the six alerts with their promtool tests, as files",
  )
    .option(...JSON_OPTION)
    .option("--out <dir>", "where the files go", join(host.cwd, "monitoring"))
    .action((topology: string | undefined, { json, out }: Options) => {
      exit(writeMonitoring({ topology: topology ?? "production", json, outDir: out }));
    });
}
