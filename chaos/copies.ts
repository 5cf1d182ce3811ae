/** Whose loss leaves a service with copies that lag: pure, so that it can be tried on any placement. */
import type { ReplicaSet } from "../core/contracts/component.ts";
import { LakeproofError } from "../core/errors.ts";

/** What happens to the copies of one set. */
export interface Loss {
  readonly set: ReplicaSet;
  /** Followers that fall behind and come back. */
  readonly stalledIds: readonly string[];
  /** The leader, and those of its followers that are not stalled. */
  readonly killedIds: readonly string[];
}

export interface WantedLoss {
  /** 0: all followers. */
  readonly stalledCount: number;
  /** True where somebody has to decide that they lag: a majority of the voters must be there all the time. */
  readonly outOfSync: boolean;
}

/** The first that will do. Throws FAULT_FAILED where none does. */
export function chooseLoss(sets: readonly ReplicaSet[], wanted: WantedLoss): Loss {
  const losses = sets.flatMap((set) => lossesOf(set, wanted));
  const chosen = losses.find((loss) => !wanted.outOfSync || keepsMajority(loss));
  if (chosen !== undefined) return chosen;
  const where = sets.map(({ name, leaderId }) => `${name} on ${leaderId}`).join(", ");
  throw new LakeproofError(
    "FAULT_FAILED",
    losses.length === 0
      ? `No set has enough followers: ${where === "" ? "there is none" : where}.`
      : `Whichever followers stop, too few voters are left to say that they lag: ${where}.`,
    { hint: "Four brokers or more have partitions for which a majority of the voters stays." },
  );
}

/** Each choice of followers that lie next to each other, beginning with the first. */
function lossesOf(set: ReplicaSet, { stalledCount }: WantedLoss): readonly Loss[] {
  const { leaderId, followerIds } = set;
  const count = stalledCount === 0 ? followerIds.length : stalledCount;
  if (followerIds.length === 0 || count > followerIds.length) return [];
  const starts = count === followerIds.length ? [0] : followerIds.keys();
  return [...starts].map((start) => {
    const turned = [...followerIds.slice(start), ...followerIds.slice(0, start)];
    return {
      set,
      stalledIds: turned.slice(0, count),
      killedIds: [leaderId, ...turned.slice(count)],
    };
  });
}

function keepsMajority({ set: { voterIds }, stalledIds, killedIds }: Loss): boolean {
  const staysWithout = (gone: readonly string[]): boolean =>
    voterIds.filter((id) => !gone.includes(id)).length > voterIds.length / 2;
  return voterIds.length === 0 || (staysWithout(stalledIds) && staysWithout(killedIds));
}
