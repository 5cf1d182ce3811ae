/** The highly available topology as people hold it: up, its zones tried from inside, its health asked, up again, taken down. */
import { expect, test } from "vitest";
import { z } from "zod";
import { chooseIsolation } from "../../infra/drivers/isolation.ts";
import { lakeproof, leftovers } from "./lab.ts";

const TEST_MS_MAX = 15 * 60_000;

const Status = z.object({
  labs: z.array(
    z.object({
      instances: z.array(
        z.object({
          ...{ id: z.string(), pid: z.number(), alive: z.boolean(), paused: z.boolean() },
          ...{ rssBytes: z.number(), readyCpuMs: z.number() },
        }),
      ),
    }),
  ),
});

type Instances = z.infer<typeof Status>["labs"][number]["instances"];

async function statusOf(exitCode: number): Promise<Instances> {
  const asked = lakeproof(["status", "--json"]);
  expect(await asked.ended).toBe(exitCode);
  return Status.parse(JSON.parse(asked.stdout())).labs.flatMap(({ instances }) => instances);
}

/** One process stopped and one killed: both are shown, and the daily check calls both bad. */
async function aLostNodeIsTold(): Promise<void> {
  const before = await statusOf(0);
  for (const one of before) expect(one.rssBytes).toBeGreaterThan(0);
  const pidOf = (id: string): number => before.find((one) => one.id === id)?.pid ?? Number.NaN;
  process.kill(pidOf("redis-4"), "SIGSTOP");
  process.kill(pidOf("redis-5"), "SIGKILL");
  const after = await statusOf(1);
  expect(after.find(({ id }) => id === "redis-4")).toMatchObject({ alive: true, paused: true });
  expect(after.find(({ id }) => id === "redis-5")).toMatchObject({ alive: false });
  expect(after.filter(({ alive, paused }) => !alive || paused)).toHaveLength(2);
  const health = lakeproof(["health"]);
  expect(await health.ended).toBe(10);
  expect(health.stdout()).toMatch(/BAD {3}redis-4 /);
  expect(health.stdout()).toMatch(/BAD {3}redis-5 /);
}

const choice = chooseIsolation("namespaces");

test(
  "mini comes up with every system, its zones hold, and nothing is left of it",
  { timeout: TEST_MS_MAX },
  async (context) => {
    context.skip(choice.reason !== undefined, `namespaces cannot be had: ${choice.reason ?? ""}`);
    expect(await lakeproof(["up", "mini"], true).ended).toBe(0);
    try {
      expect(await lakeproof(["check", "zones"], true).ended).toBe(0);
      expect(await lakeproof(["health"], true).ended).toBe(0);
      // A second time it only says that it is up.
      expect(await lakeproof(["up", "mini"]).ended).toBe(0);
      await aLostNodeIsTold();
    } finally {
      expect(await lakeproof(["down"], true).ended).toBe(0);
    }
    expect(leftovers()).toEqual([]);
  },
);
