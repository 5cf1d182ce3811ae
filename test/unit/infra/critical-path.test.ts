import { expect, it } from "vitest";
import { criticalPath } from "../../../infra/critical-path.ts";

const services = {
  store: {},
  log: {},
  job: { dependsOn: ["store", "log"] },
  reader: { dependsOn: ["job"] },
  cache: {},
};

it("is the longest chain, not the longest list", () => {
  const readyMs = new Map([
    ["store", 4000],
    ["log", 9000],
    ["job", 6000],
    ["reader", 10_000],
    ["cache", 20_000],
  ]);
  expect(criticalPath(services, readyMs)).toEqual({
    criticalPathMs: 25_000,
    services: ["log", "job", "reader"],
  });
});

it("is a single service where that takes longer than every chain", () => {
  expect(criticalPath(services, new Map([["cache", 5000]])).services).toEqual(["cache"]);
});

it("of nothing is nothing", () => {
  expect(criticalPath({}, new Map())).toEqual({ criticalPathMs: 0, services: [] });
});
