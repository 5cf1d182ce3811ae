/** The alert rules before Prometheus sees them: its own tool reads them and runs every test that the house wrote. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeRules } from "../../cli/rules.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { runCommand } from "../../infra/artifacts/process.ts";
import { programIn } from "../../infra/artifacts/programs.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { ALERT_RULES } from "../../infra/monitoring/alerts/index.ts";
import { CASES } from "../../infra/monitoring/promtool/cases.ts";
import { promtoolYaml } from "../../infra/monitoring/promtool/tests.ts";
import { RECORDINGS } from "../../infra/monitoring/recordings.ts";
import { rulesYaml } from "../../infra/monitoring/rules.ts";

const FETCH_MS_MAX = 600_000;
const dir = mkdtempSync(join(tmpdir(), "lakeproof-promtool-"));
let promtool: string;

beforeAll(async () => {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const { prometheus } = await store.ensure(["prometheus"], AbortSignal.timeout(FETCH_MS_MAX));
  promtool = programIn(prometheus, "promtool");
  // As many of each component as any rule needs: no rule may be left out.
  const watched = ALERT_RULES.flatMap(({ needs }) =>
    needs.flatMap(({ anyOf, countMin }) =>
      Array.from({ length: countMin }, () => ({ component: anyOf[0] ?? "" })),
    ),
  );
  writeFileSync(join(dir, "rules.yml"), rulesYaml(watched));
  writeFileSync(join(dir, "tests.yml"), promtoolYaml("rules.yml"));
}, FETCH_MS_MAX);

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

it("reads every rule and finds nothing wrong", async () => {
  const { exitCode, tail } = await run(["check", "rules", "--lint=all", "rules.yml"]);
  expect(tail.join("\n")).toContain(
    `SUCCESS: ${String(ALERT_RULES.length + RECORDINGS.length)} rules found`,
  );
  expect(exitCode).toBe(0);
});

it("makes every alert fire and end as the tests say", async () => {
  expect(CASES.length).toBe(ALERT_RULES.length);
  const { exitCode, tail } = await run(["test", "rules", "tests.yml"]);
  expect(tail.join("\n")).toContain("SUCCESS");
  expect(exitCode).toBe(0);
});

it("notices when the alerts are not there", async () => {
  writeFileSync(join(dir, "none.yml"), rulesYaml([]));
  writeFileSync(join(dir, "none-tests.yml"), promtoolYaml("none.yml"));
  const { exitCode } = await run(["test", "rules", "none-tests.yml"]);
  expect(exitCode).toBe(1);
});

/** A run that really happened: the one named by LAKEPROOF_RUN_DIR, else the latest here. */
const recordedRun =
  process.env["LAKEPROOF_RUN_DIR"] ?? join(import.meta.dirname, "../../runs/latest");

it("agrees with the burn-rate rules over the series that a real run recorded", async (context) => {
  context.skip(
    !existsSync(join(recordedRun, "journal.ndjson")),
    "no recorded run: name one with LAKEPROOF_RUN_DIR",
  );
  const outDir = join(dir, "recorded");
  expect(await writeRules(recordedRun, { json: true, outDir })).toBe(0);
  const { exitCode, tail } = await run(["test", "rules", join(outDir, "rules.test.yml")]);
  expect(tail.join("\n")).toContain("SUCCESS");
  expect(exitCode).toBe(0);
  // The same series must refuse other limits: out of reach where an alert fired, none at all where none did.
  const fired = readFileSync(join(outDir, "rules.test.yml"), "utf8").includes("exp_labels");
  const rules = readFileSync(join(outDir, "rules.yml"), "utf8");
  const other = rules.replaceAll(/>= [\d.e-]+/g, fired ? ">= 1e9" : ">= 0");
  writeFileSync(join(outDir, "rules.yml"), other);
  const changed = await run(["test", "rules", join(outDir, "rules.test.yml")]);
  expect(changed.exitCode).toBe(1);
});

function run(args: readonly string[]): ReturnType<typeof runCommand> {
  const options = { cwd: dir, signal: AbortSignal.timeout(60_000), timeoutMs: 60_000 };
  return runCommand([promtool, ...args], options);
}
