/**
 * SIGKILL of the harness at 100 random instants of a real run, provisioning and teardown among them, with faults of
 * every kind of undo: nothing is left on the machine, and nobody had to call `heal`.
 * LAKEPROOF_KILL_SEED repeats the instants that a failed test printed; LAKEPROOF_KILL_COUNT wants more or fewer.
 */
import { expect, test } from "vitest";
import { KillField, killAtRandom, whyNoKills } from "../fixtures/harness-kills.ts";

const SEED = Number(process.env["LAKEPROOF_KILL_SEED"] ?? "20261201");
const KILL_COUNT = Number(process.env["LAKEPROOF_KILL_COUNT"] ?? "100");

test(
  "a harness killed at 100 random instants leaves nothing behind",
  { timeout: 60 * 60_000 },
  async (context) => {
    const why = whyNoKills();
    context.skip(why !== undefined, why);
    using field = await KillField.open("127.77.21");
    const kills = await killAtRandom(field, SEED, KILL_COUNT);
    expect(kills).toHaveLength(KILL_COUNT);
    const during = Map.groupBy(kills, (kill) => kill.during);
    for (const [phase, all] of during) {
      const slowestMs = Math.max(...all.map(({ cleanMs }) => cleanMs));
      const seconds = (slowestMs / 1000).toFixed(1);
      process.stderr.write(`${phase}: ${String(all.length)} kills, clean within ${seconds} s\n`);
    }
  },
);
