/** kill -9 of the harness in the middle of a fault: what it leaves is undone, by its reaper or by `heal`. */
import { expect, test } from "vitest";
import { journalText, lakeproof, leftovers, runDirOf, untilJournalled } from "./lab.ts";

test("a killed harness leaves nothing after heal", { timeout: 12 * 60_000 }, async () => {
  const started = lakeproof(["run", "smoke", "--seed", "9"], true);
  await untilJournalled(
    started,
    (event) => event["kind"] === "fault.changed" && event["state"] === "active",
  );
  expect(leftovers().length).toBeGreaterThan(5);
  started.child.kill("SIGKILL");
  expect(await started.ended).toBe("SIGKILL");

  const healed = lakeproof(["heal"], true);
  expect(await healed.ended).toBe(0);
  const twice = lakeproof(["heal"], true);
  expect(await twice.ended).toBe(0);
  expect(leftovers()).toEqual([]);

  // The journal ends where the harness did; it is still judged and drawn.
  expect(journalText(started)).not.toContain('"run.ended"');
  const runDir = runDirOf(started) ?? "";
  const judged = lakeproof(["judge", runDir]);
  expect([10, 11, 13, 21, 22]).toContain(await judged.ended);
  const drawn = lakeproof(["report", runDir]);
  expect(await drawn.ended).toBe(0);
});
