/** Every verb by name, with its options. One file a verb does the work. */
import { join } from "node:path";
import type { Command } from "commander";
import { closest } from "fastest-levenshtein";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { checkAlerts } from "./check-alerts.ts";
import { checkZones, tryFlows } from "./check-zones.ts";
import { addCapacity } from "./capacity.ts";
import { addCompare } from "./compare.ts";
import { completion } from "./completion.ts";
import { addConnectorCurve } from "./connector-curve.ts";
import { addCoverage } from "./coverage.ts";
import { configureAgain } from "./configure.ts";
import { doctor } from "./doctor.ts";
import { down } from "./down.ts";
import { enter } from "./enter.ts";
import { fetchArtifacts } from "./fetch.ts";
import { heal, reap, repairAfter } from "./heal.ts";
import { health } from "./health.ts";
import { addGameday } from "./gameday.ts";
import { addHistory } from "./history.ts";
import { judgeRun, reportRun, type ReportOptions } from "./judge.ts";
import { addK6 } from "./k6/coordinator.ts";
import { addManifest } from "./k6/manifest.ts";
import { lint } from "./lint.ts";
import { list } from "./list.ts";
import { addLoad } from "./load/kafka.ts";
import { maintain } from "./maintain.ts";
import { addObjectiveVerbs } from "./objective-verbs.ts";
import { wantedReports } from "./reporters.ts";
import { portsOf } from "./requirements.ts";
import { preflightInventory } from "./preflight-inventory.ts";
import { addScenarioVerbs } from "./scenario-verbs.ts";
import { gallery } from "./selftest/gallery.ts";
import { renewSlotInside } from "./renew-slot.ts";
import { selftest } from "./selftest.ts";
import { status } from "./status.ts";
import {
  ISOLATION_OPTION,
  JSON_OPTION,
  LAB_ARGUMENT,
  REPORTER_OPTION,
  SEED_OPTION,
  SUBNET_OPTION,
  WHICH_OPTION,
} from "./verb-options.ts";
import { up } from "./up.ts";
import { verify } from "./verify.ts";

interface Common {
  readonly json: boolean;
  readonly subnet: string;
  readonly isolation: string;
  readonly seed?: string;
  readonly reporter?: readonly string[];
  readonly runs: string;
  readonly verify: boolean;
  readonly publicKey?: string;
  readonly example: boolean;
  readonly quiet: boolean;
  readonly gallery: boolean;
  readonly only?: string;
  readonly node: string;
}

export function addVerbs(program: Command, exit: (code: number) => void): void {
  const verb = (name: string, about: string): Command => program.command(name).description(about);
  addScenarioVerbs(verb, exit);
  addGameday(verb, exit);
  addVerdictVerbs(verb, exit);
  addCapacity(verb, exit);
  addCompare(verb, exit);
  addHistory(verb, exit);
  addCoverage(verb, exit);
  addConnectorCurve(verb, exit);
  addK6(verb, exit);
  addManifest(verb, exit);
  addObjectiveVerbs(verb, exit);
  addLabVerbs(verb, exit);
  addAboutVerbs(verb, exit);
  verb("completion <shell>", "completion script for bash, zsh or fish").action((shell: string) => {
    exit(completion(shell, program));
  });
  addHiddenVerbs(program, exit);
}

type AddVerb = (name: string, about: string) => Command;

/** What asks about the machine, the checks and the tables; none of them needs a lab. */
function addAboutVerbs(verb: AddVerb, exit: (code: number) => void): void {
  verb("doctor", "what this machine lacks, and the exact fix")
    .option(...JSON_OPTION)
    .option(...SUBNET_OPTION)
    .option("--verify", "compare every byte of the cached artifacts", false)
    .action(async ({ json, subnet, verify }: Common) => {
      exit(await doctor({ json, verify, ports: portsOf(TOPOLOGIES.dev, subnet, "loopback") }));
    });
  verb("selftest", "plant every known defect and see each one caught and located; needs no cluster")
    .option(...JSON_OPTION)
    .option("--gallery", "run known-bad configurations and their sound twins instead", false)
    .option("--only <name>", "with --gallery: one of them, such as acks-1")
    .option(...SEED_OPTION)
    .option("--runs <dir>", "with --gallery: where run directories go", join(host.cwd, "runs"))
    .action(async ({ json, gallery: isGallery, only, seed, runs }: Common) => {
      exit(await (isGallery ? gallery({ json, only, seed, runsDir: runs }) : selftest({ json })));
    });
  verb("list <what>", "scenarios, faults, components, topologies, objectives, checks or runs")
    .option(...JSON_OPTION)
    .option("--runs <dir>", "where run directories are", join(host.cwd, "runs"))
    .action((what: string, { json, runs }: Common) => {
      exit(list(what, { json, runsDir: runs }));
    });
}

/** What lakeproof starts itself with, for a process of its own. */
function addHiddenVerbs(program: Command, exit: (code: number) => void): void {
  program.command("try-flows", { hidden: true }).action(async () => {
    exit(await tryFlows());
  });
  program.command("maintain <config>", { hidden: true }).action(async (config: string) => {
    exit(await maintain(config));
  });
  program
    .command("repair <lab> <tag> <ms>", { hidden: true })
    .action(async (labId: string, tag: string, ms: string) => {
      exit(await repairAfter(labId, tag, Number(ms)));
    });
  program.command("renew-slot <undo>", { hidden: true }).action(async (undo: string) => {
    exit(await renewSlotInside(undo));
  });
  program
    .command("configure <lab> <service>", { hidden: true })
    .action(async (labId: string, service: string) => {
      exit(await configureAgain(labId, service));
    });
  program.command("reap <lab>", { hidden: true }).action(async (labId: string) => {
    exit(await reap(labId));
  });
}

function addVerdictVerbs(verb: AddVerb, exit: (code: number) => void): void {
  verb("judge <run>", "judge an old run directory again; needs no cluster")
    .option(...JSON_OPTION)
    .option(...REPORTER_OPTION)
    .action(async (runDir: string, { json, reporter }: Common) => {
      exit(await judgeRun(runDir, { json, reports: wantedReports(reporter, json) }));
    });
  verb(
    "verify <run>",
    "is a run's certificate true? Signature, files, and every verdict judged again",
  )
    .option(...JSON_OPTION)
    .option("--public-key <pem>", "the key you trust to have signed it")
    .action(async (target: string, { json, publicKey }: Common) => {
      exit(await verify({ target, publicKey, json }));
    });
  verb("report <run>", "draw the reports of an old run directory again")
    .option("--out <file>", "one page there instead, the run directory stays as it is")
    .option("--history <dir>", "with --out: the run among its predecessors of that store")
    .option(...JSON_OPTION)
    .option(...REPORTER_OPTION)
    .action(async (runDir: string, { reporter, ...options }: ReportOptions & Common) => {
      const reports = wantedReports(reporter, options.json);
      exit(await reportRun(runDir, { ...options, reports }));
    });
}

function addLabVerbs(verb: AddVerb, exit: (code: number) => void): void {
  verb("fetch [topology]", "obtain everything a topology needs into the cache; starts nothing")
    .option(...JSON_OPTION)
    .action(async (topology: string | undefined, { json }: Common) => {
      exit(await fetchArtifacts({ topology: topology ?? "dev", json }));
    });
  verb("up <topology>", "start a topology and leave it up")
    .option(...JSON_OPTION)
    .option(...SUBNET_OPTION)
    .option(...ISOLATION_OPTION)
    .action(async (topology: string, { json, subnet, isolation }: Common) => {
      exit(await up({ topology, subnet, isolation, json }));
    });
  verb("status", "the labs that are up, with every instance's address and process")
    .argument(...LAB_ARGUMENT)
    .option(...JSON_OPTION)
    .action((name: string | undefined, { json }: Common) => {
      exit(status({ name, json }));
    });
  verb("health", "the daily check of every service of the lab that is up, in under a minute")
    .argument(...LAB_ARGUMENT)
    .option(...JSON_OPTION)
    .option("--quiet", "only the summary line, for cron", false)
    .option(...WHICH_OPTION)
    .action(async (name: string | undefined, { json, subnet, quiet }: Partial<Common>) => {
      exit(await health({ name, json: json === true, subnet, quiet: quiet === true }));
    });
  verb("enter [command...]", "run a command, or a shell, where the lab's addresses can be reached")
    .option("--node <instance>", "in the node of this instance instead of the harness's own")
    .option(...WHICH_OPTION)
    .action(async (command: string[], { node, subnet }: Partial<Common>) => {
      exit(await enter(command, { subnet, ...(node === undefined ? {} : { node }) }));
    });
  verb(
    "preflight [inventory]",
    "would figures from these nodes be certifiable? A file, or this-machine",
  )
    .option(...JSON_OPTION)
    .option("--example", "print an inventory that meets the specification", false)
    .action(async (inventory: string | undefined, { json, example }: Common) => {
      exit(await preflightInventory({ inventory, example, json }));
    });
  verb("lint <target>", "what cannot hold in a topology, a file, a directory, or the seed itself")
    .option(...JSON_OPTION)
    .action((target: string, { json }: Common) => {
      exit(lint({ target, json }));
    });
  addLoad(verb, exit);
  addCheck(verb, exit);
  verb("down", "take down what `up` started: all of it, or what is named")
    .argument(...LAB_ARGUMENT)
    .option(...JSON_OPTION)
    .option(...WHICH_OPTION)
    .action(async (name: string | undefined, { json, subnet }: Partial<Common>) => {
      exit(await down({ name, json: json === true, subnet }));
    });
  verb("heal", "undo what a crashed run left behind; safe to run twice")
    .option(...JSON_OPTION)
    .action(async ({ json }: Common) => {
      exit(await heal({ json }));
    });
}

function addCheck(verb: AddVerb, exit: (code: number) => void): void {
  verb(
    "check <what>",
    "zones: try every flow between zones and prove it allowed or denied; alerts: make each fire and resolve",
  )
    .option(...JSON_OPTION)
    .option(...WHICH_OPTION)
    .action(async (what: string, { json, subnet }: Partial<Common>) => {
      const check = (CHECKS as Readonly<Record<string, typeof checkZones>>)[what];
      if (check === undefined) throw unknownCheck(what);
      exit(await check({ json: json === true, subnet }));
    });
}

const CHECKS = { zones: checkZones, alerts: checkAlerts } as const;

function unknownCheck(what: string): LakeproofError {
  const known = Object.keys(CHECKS);
  return new LakeproofError("USAGE", `There is no check ${JSON.stringify(what)}.`, {
    hint: `Did you mean ${closest(what, known)}? Checks are ${known.join(" and ")}.`,
  });
}
