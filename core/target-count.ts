/** How many instances a word means, of a service that has so many. */

type CountWord = "one" | "minority" | "majority" | "all";

/** A minority is as many as may go while the rest is a majority: 0 of one or two. */
export function countOf(wished: number | CountWord | undefined, replicaCount: number): number {
  switch (wished) {
    case undefined:
    case "one":
      return 1;
    case "minority":
      return Math.floor((replicaCount - 1) / 2);
    case "majority":
      return Math.floor(replicaCount / 2) + 1;
    case "all":
      return replicaCount;
    default:
      return wished;
  }
}
