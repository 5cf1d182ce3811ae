/**
 * Labs in network namespaces are reached from inside: the same command runs a second time, as a child in the
 * lab's own node, with this terminal. The host's network never learns of the lab.
 */
import { spawn } from "node:child_process";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import type { Isolation } from "../core/contracts/values.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { programIn } from "../infra/artifacts/programs.ts";
import { openStore } from "../infra/artifacts/store.ts";
import { asOwner, inNode, openFabric, type FabricNode } from "../infra/drivers/fabric.ts";
import {
  chooseIsolation,
  LOOPBACK_LIMITS,
  type IsolationChoice,
} from "../infra/drivers/isolation.ts";
import {
  labDir,
  ownerAlive,
  readLab,
  stateDir,
  writeLab,
  type LabState,
} from "../infra/drivers/lab.ts";
import {
  findNetworkSupport,
  type NetworkPrograms,
  type NetworkSupport,
} from "../infra/drivers/network-support.ts";
import { planLab, type Shape } from "../infra/lab-plan.ts";
import { listenersOf } from "../infra/listeners.ts";
import { HARNESS_NODE, OUTSIDE_NODE } from "../infra/zones.ts";

const INSIDE_VARIABLE = "LAKEPROOF_INSIDE";

/** The lab in whose network this process runs, if any. Throws LAB_NOT_UP where that lab is gone. */
export function insideLab(): LabState | undefined {
  const id = host.env[INSIDE_VARIABLE];
  if (id === undefined || id === "") return undefined;
  const lab = readLab(id);
  // Whoever made it may have been killed just when this process was started: then nobody waits for it any more.
  const isGoing = lab?.state === "stopping";
  if (lab !== undefined && !isGoing && (lab.held || ownerAlive(lab))) return lab;
  throw new LakeproofError("LAB_NOT_UP", `This is the network of lab ${id}, which is gone.`, {
    hint: "Leave this shell; `lakeproof status` shows which labs are up.",
  });
}

/** True when this process cannot reach the lab's addresses and has to go inside first. */
export function isElsewhere(state: LabState): boolean {
  return state.fabric !== undefined && host.env[INSIDE_VARIABLE] !== state.id;
}

/** Settles the isolation and prints what a fallback cannot do. */
export function settleIsolation(
  topology: { isolation: Isolation },
  asked: string,
): IsolationChoice {
  if (!["auto", "namespaces", "loopback"].includes(asked)) {
    throw new LakeproofError("USAGE", `--isolation is ${JSON.stringify(asked)}.`, {
      hint: "Allowed are auto, namespaces and loopback.",
    });
  }
  const wished = asked === "auto" ? topology.isolation : (asked as Isolation);
  const choice = chooseIsolation(wished);
  if (choice.reason === undefined) {
    if (wished !== topology.isolation && wished === "loopback")
      tellLimits("On loopback, as asked.");
    return choice;
  }
  if (asked === "namespaces") {
    throw new LakeproofError("CAPABILITY_MISSING", `No namespaces: ${choice.reason}.`, {
      hint: "Run as root, allow user namespaces, or take --isolation loopback.",
    });
  }
  tellLimits(`Falling back to loopback: ${choice.reason}.`);
  return choice;
}

function tellLimits(why: string): void {
  const lines = LOOPBACK_LIMITS.map((line) => `  - ${line}\n`);
  host.err(`${why} Impossible here:\n${lines.join("")}`);
}

export interface Enter {
  readonly topology: Shape;
  readonly state: LabState;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Makes the lab's network and writes the lab with it. */
export async function makeFabric(enter: Enter): Promise<LabState> {
  const { topology, state, artifacts } = enter;
  const plan = planLab(topology, state, artifacts);
  const nodes: FabricNode[] = [
    HARNESS_NODE,
    OUTSIDE_NODE,
    ...plan.specs.map((spec) => ({ id: spec.id, place: spec.zone, host: spec.host })),
  ];
  writeLab(state);
  const fabric = await openFabric(
    {
      labId: state.id,
      labDir: labDir(state.id),
      nodes,
      listeners: listenersOf(plan.specs),
      programs: networkPrograms(artifacts),
    },
    enter.signal,
  );
  const made: LabState = { ...state, fabric };
  writeLab(made);
  return made;
}

/** Absolute paths of what makes and disturbs the lab's network. */
export function networkPrograms(artifacts: Readonly<Record<string, string>>): NetworkPrograms {
  const iproute2 = artifacts["iproute2"] ?? "";
  return {
    nft: programIn(artifacts["nftables"] ?? "", "nft"),
    ip: programIn(iproute2, "ip"),
    tc: programIn(iproute2, "tc"),
  };
}

/**
 * What can be done to the network of a lab that is up, or of one that could be made here; undefined where nodes
 * have no network of their own. Fetches nothing.
 */
export async function networkSupport(
  isolation: Isolation,
  lab: LabState | undefined,
): Promise<NetworkSupport | undefined> {
  if (isolation === "loopback") return undefined;
  if (lab?.fabric !== undefined) return lab.fabric.support;
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const [nftables, iproute2] = [await store.locate("nftables"), await store.locate("iproute2")];
  if (nftables === undefined || iproute2 === undefined) return findNetworkSupport(undefined);
  return findNetworkSupport(networkPrograms({ nftables: nftables.path, iproute2: iproute2.path }));
}

/**
 * Whether what runs inside shares this terminal's session. One of its own can be put before the lab's, and takes no
 * keys: Ctrl-C is passed on.
 */
export type SessionOf = "terminal" | "own";

/** Runs this very command line, or another, in the lab's node and returns its exit code. */
export function runInside(
  state: LabState,
  argv = selfCommand(),
  session: SessionOf = "terminal",
): Promise<number> {
  return runThere(state, HARNESS_NODE.id, argv, session);
}

/** Runs any command in a node of the lab, with this terminal. */
export function runThere(
  state: LabState,
  nodeId: string,
  command: readonly string[],
  session: SessionOf = "terminal",
): Promise<number> {
  const { fabric } = state;
  if (fabric === undefined) return run(command, {}, session);
  // Should this process be killed, the one inside must not go on alone.
  const argv = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    ...asOwner(fabric),
    ...inNode(fabric, nodeId),
    ...command,
  ];
  return run(argv, { [INSIDE_VARIABLE]: state.id }, session);
}

/** Runs another verb of lakeproof where the lab can be reached, and returns its exit code. */
export function runVerb(state: LabState, ...words: readonly string[]): Promise<number> {
  const command = [host.nodePath, host.launcherPath, ...words];
  return isElsewhere(state) ? runThere(state, HARNESS_NODE.id, command) : run(command, {});
}

/** Runs this command line as root of a user namespace: all a lab needs, nothing on the machine. */
export function runInUserNamespace(): Promise<number> {
  const argv = ["unshare", "--user", "--map-root-user", "--", ...selfCommand()];
  return run(["setpriv", "--pdeathsig", "KILL", ...argv], {});
}

function selfCommand(): readonly string[] {
  return [host.nodePath, host.launcherPath, ...host.argv];
}

function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  session: SessionOf = "terminal",
): Promise<number> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    stdio: "inherit",
    detached: session === "own",
    // The directories depend on the user, and inside a user namespace everybody is root.
    env: {
      ...host.env,
      LAKEPROOF_STATE_DIR: stateDir(),
      LAKEPROOF_CACHE_DIR: defaultCacheDir(),
      ...env,
    },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    host.onSignal(signal, () => void child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(
        new LakeproofError("INTERNAL", `Cannot run ${program}: ${error.message}`, {
          hint: "setpriv, nsenter and unshare come with util-linux; check PATH.",
          cause: error,
        }),
      );
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
