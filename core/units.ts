/** Units that no standard library names. */

export const DAY_MS = 86_400_000;
