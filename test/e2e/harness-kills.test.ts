/** The harness is killed at five random instants; test/production does it at a hundred. */
import { expect, test } from "vitest";
import { KillField, killAtRandom, whyNoKills } from "../fixtures/harness-kills.ts";

const KILL_COUNT = 5;

test(
  "a harness killed in the middle of anything leaves nothing behind",
  { timeout: 12 * 60_000 },
  async (context) => {
    const why = whyNoKills();
    context.skip(why !== undefined, why);
    using field = await KillField.open("127.77.21");
    const kills = await killAtRandom(field, 20_261_201, KILL_COUNT);
    expect(kills).toHaveLength(KILL_COUNT);
  },
);
