/** What is said where a topology that wants namespaces gets loopback. */
import { afterEach, expect, it, vi } from "vitest";
import { settleIsolation } from "../../../cli/inside.ts";
import { host } from "../../../core/host.ts";
import { LOOPBACK_LIMITS } from "../../../infra/drivers/isolation.ts";
import { dev, mini } from "../../../infra/topologies/index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function said(): () => string {
  const told = vi.spyOn(host, "err").mockImplementation(() => undefined);
  return () => told.mock.calls.map(([text]) => text).join("");
}

it("loopback that was asked for lists what it cannot do", () => {
  const text = said();
  expect(settleIsolation(mini, "loopback")).toMatchObject({ isolation: "loopback" });
  expect(text()).toMatch(/^On loopback, as asked\. Impossible here:$/m);
  for (const limit of LOOPBACK_LIMITS) expect(text()).toContain(limit);
});

it("a topology that is made for loopback has nothing to say", () => {
  const text = said();
  settleIsolation(dev, "auto");
  settleIsolation(dev, "loopback");
  expect(text()).toBe("");
});

it("refuses what is no isolation", () => {
  expect(() => settleIsolation(mini, "none")).toThrow('--isolation is "none".');
});
