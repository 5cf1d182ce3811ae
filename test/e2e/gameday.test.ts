/** A game day on real components, played from a file: said before, seen, ended by hand, and answered afterwards. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { roundsOf } from "../../core/game-day.ts";
import { parseJournal } from "../../core/journal.ts";
import { journalText, lakeproof, leftovers, objectivesOf, runDirOf } from "./lab.ts";

const COMMANDS = `
# The connector is killed, and nobody is to lose anything by it.
note the team is here
fault 3 Connect comes back by itself: recovery < 1 s, freshness < 120 s, nothing lost
wait 3
seen the lag grows
wait recovered
judge 3 held
fault 5
wait 3
heal
wait recovered
end
`;

function commandsFile(): string {
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-game-"));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const file = join(dir, "commands.txt");
  writeFileSync(file, COMMANDS);
  return file;
}

test("a game day is played, judged and answered", { timeout: 15 * 60_000 }, async () => {
  const started = lakeproof(
    ["gameday", "smoke", "--seed", "7", "--minutes", "10", "--commands", commandsFile()],
    true,
  );
  expect(await started.ended).toBe(0);

  const { verdicts } = objectivesOf(started);
  const recoveries = verdicts.filter(({ id }) => id.startsWith("recovery."));
  // Of six in the menu, the two that were taken.
  expect(recoveries.map(({ id, status }) => [id, status])).toEqual([
    ["recovery.f3", "PROVEN"],
    ["recovery.f5", "PROVEN"],
  ]);
  const lossless = { id: "integrity.no-lost-change", kind: "integrity" as const, status: "PROVEN" };
  expect(verdicts).toContainEqual(expect.objectContaining(lossless));

  const rounds = roundsOf(parseJournal(journalText(started)), [
    { ...lossless, status: "PROVEN", title: "", claimed: true, because: "", exitCode: 0 },
  ]);
  const [first, second] = rounds;
  // A JVM does not start in a second: an expectation that cannot hold must not.
  expect(first?.outcomes.map(({ held }) => held)).toEqual([false, true, true]);
  expect(first?.detection?.text).toBe("the lag grows");
  expect(first?.judged?.held).toBe(true);
  expect([first?.isHealedByHand, second?.isHealedByHand]).toEqual([false, true]);

  const runDir = runDirOf(started) ?? "";
  expect(readFileSync(join(runDir, "game-day.txt"), "utf8")).toMatch(/^@\d.* fault f3 Connect/m);
  expect(readFileSync(join(runDir, "report.html"), "utf8")).toContain("did not hold");
  expect(leftovers()).toEqual([]);
});
