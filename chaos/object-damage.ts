/**
 * The life of a fault that spoils pieces of objects on one drive: objects are picked and read first, their pieces
 * are changed behind the store's back, and then they are read again. What was written must come back, or an error
 * where too few whole pieces are left. Other bytes are never right.
 */
import { createHash } from "node:crypto";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import type { Damage, ShardFile } from "../core/contracts/machine.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { allAnswer, inflict, machineOf, repair } from "./machine-fault.ts";
import { driveOf } from "./object-drives.ts";

const READ_MS_MAX = 15_000;

export const SHARD_FILES = ["part", "meta"] as const;

export interface ObjectDamageParams {
  readonly drive: number;
  readonly objectCount: number;
  readonly file: (typeof SHARD_FILES)[number];
}

interface Victim extends ShardFile {
  readonly instanceId: string;
  /** SHA-256 of the object as it was read before. */
  readonly sha256: string;
}

export interface ObjectDamageFacts<Params> extends Pick<
  Fault<Params>,
  "name" | "purpose" | "params" | "paramsHelp" | "needs" | "stopsTarget" | "nearest" | "reach"
> {
  readonly damage: (paths: readonly string[], params: Params) => Damage;
}

export function objectDamage<Params extends ObjectDamageParams>(
  facts: ObjectDamageFacts<Params>,
): Fault<Params> {
  const { damage, ...described } = facts;
  const known = new WeakMap<FaultContext<Params>, readonly Victim[]>();
  return {
    ...described,
    undo: ({ id, instanceIds }) => ({ kind: "repair-damage", tag: id, instanceIds }),
    inject: async (context) => {
      const found = await Promise.all(context.instanceIds.map((id) => victimsOn(context, id)));
      const victims = found.flat();
      if (victims.length === 0) {
        throw new LakeproofError("FAULT_FAILED", `${facts.name} finds no object to spoil.`, {
          hint: `Wait until ${context.instanceIds.join(", ")} holds objects of more than 128 KiB, or use file "meta".`,
        });
      }
      known.set(context, victims);
      await inflict(
        context,
        damage(
          victims.map(({ path }) => path),
          context.params,
        ),
      );
    },
    evidence: async (context) => {
      const victims = known.get(context);
      const signs = await machineOf(context).signs(context.id);
      if (victims === undefined || signs === undefined) return undefined;
      const answers = await Promise.all(victims.map((victim) => readText(context, victim)));
      return [...signs, ...answers].join("; ");
    },
    recover: (context) => repair(context),
    evidenceAfter: async (context) => {
      const victims = known.get(context) ?? [];
      if (victims.length === 0 || machineOf(context).isInflicted(context.id)) return undefined;
      if (!(await allAnswer(context))) return undefined;
      const answers = await Promise.all(victims.map((victim) => readText(context, victim)));
      return answers.join("; ");
    },
  };
}

/** Different drives are spoilt in the same objects where there is a choice: that is what parity has to bear. */
async function victimsOn<Params extends ObjectDamageParams>(
  context: FaultContext<Params>,
  instanceId: string,
): Promise<readonly Victim[]> {
  const { drive, objectCount, file } = context.params;
  const files = machineOf(context)
    .shardFiles(driveOf(context, instanceId, drive))
    .filter(({ path }) => (path.endsWith("xl.meta") ? "meta" : "part") === file);
  const victims: Victim[] = [];
  for (const candidate of byLot(files, context.id)) {
    if (victims.length === objectCount) break;
    // One that cannot be read even now, or goes away, proves nothing.
    const sha256 = await readOrUndefined(context, instanceId, candidate);
    if (sha256 !== undefined) victims.push({ ...candidate, instanceId, sha256 });
  }
  return victims;
}

/** The same for the same objects and fault, and different from one fault to the next. */
function byLot(files: readonly ShardFile[], tag: string): readonly ShardFile[] {
  const lot = ({ bucket, key }: ShardFile): string =>
    createHash("sha256").update(`${tag}\n${bucket}/${key}`).digest("hex");
  const lots = files.map((file) => ({ file, lot: lot(file) }));
  return lots.sort((a, b) => (a.lot < b.lot ? -1 : 1)).map(({ file }) => file);
}

async function readOrUndefined<Params>(
  context: FaultContext<Params>,
  instanceId: string,
  object: ShardFile,
): Promise<string | undefined> {
  try {
    return await read(context, instanceId, object);
  } catch {
    return undefined;
  }
}

function read<Params>(
  context: FaultContext<Params>,
  instanceId: string,
  object: ShardFile,
): Promise<string> {
  if (context.readObject === undefined) {
    throw new LakeproofError("FAULT_FAILED", "There is nobody to read objects with.", {
      hint: "Inject it in a run of lakeproof.",
    });
  }
  return context.readObject(instanceId, object, host.deadline(READ_MS_MAX, context.signal));
}

/** Throws FAULT_FAILED when other bytes come back: silent corruption, which no store may ever do. */
async function readText<Params>(context: FaultContext<Params>, victim: Victim): Promise<string> {
  const name = `${victim.bucket}/${victim.key}`;
  let sha256: string;
  try {
    sha256 = await read(context, victim.instanceId, victim);
  } catch (error) {
    return `reading ${name} fails loudly: ${reasonOf(error)}`;
  }
  if (sha256 === victim.sha256) return `${name} reads back byte for byte`;
  throw new LakeproofError(
    "FAULT_FAILED",
    `${name} reads back as other bytes (sha256 ${sha256}) than were there before (${victim.sha256}).`,
    {
      hint: "The object store gave out a spoilt piece without a word: keep its drives as they are.",
    },
  );
}
