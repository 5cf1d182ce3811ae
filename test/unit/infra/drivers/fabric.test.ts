/** The lab's network as text: what is built, and who may talk to whom. */
import { expect, it } from "vitest";
import { scriptOf } from "../../../../infra/drivers/fabric.ts";
import { isAllowed, rulesetOf, type Listener } from "../../../../infra/drivers/ruleset.ts";
import { planLab } from "../../../../infra/lab-plan.ts";
import { listenersOf } from "../../../../infra/listeners.ts";
import { production } from "../../../../infra/topologies/index.ts";
import { ALLOWED, PLACES, subnetOf } from "../../../../infra/zones.ts";

const LAB = { id: "x", subnet: "127.77.0", secret: "s", isolation: "namespaces" } as const;
const plan = planLab(production, LAB, {});

it("gives every instance of production an address of its own in its zone's subnet", () => {
  const addresses = plan.specs.map(({ host }) => host);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const { host, zone } of plan.specs) expect(host.startsWith(`${subnetOf(zone)}.`)).toBe(true);
});

it("counts the systems of the specification", () => {
  const count = (component: string): number =>
    plan.specs.filter((spec) => spec.component === component).length;
  expect({
    patroni: count("patroni"),
    kafka: count("kafka"),
    taskManagers: count("flink-taskmanager"),
    minio: count("minio"),
    trinoWorkers: count("trino-worker"),
    superset: count("superset"),
    redis: count("redis"),
  }).toEqual({
    patroni: 3,
    kafka: 5,
    taskManagers: 5,
    minio: 8,
    trinoWorkers: 10,
    superset: 3,
    redis: 6,
  });
});

it("names every node once in the script, with its link in the bridge of its zone", () => {
  const nodes = plan.specs.map((spec) => ({ id: spec.id, place: spec.zone, host: spec.host }));
  const script = scriptOf(
    { nodes, programs: { nft: "/nft", ip: "/ip", tc: "/tc" } },
    "/rules",
    "/ready",
  );
  for (const { id, host } of nodes) {
    expect(script.split(`/ip netns add ${id}\n`)).toHaveLength(2);
    expect(script).toContain(`addr add ${host}/24 dev eth0`);
  }
  expect(script.endsWith("exec sleep infinity\n")).toBe(true);
});

it("lets nobody from outside past the edge, and nobody into operations", () => {
  const listeners = listenersOf(plan.specs);
  const open = (from: string, listener: Listener): boolean =>
    ALLOWED.some((flow) => flow.from === from && isAllowed(flow, listener));
  for (const listener of listeners) {
    if (open("outside", listener)) expect(listener.component).toBe("haproxy-bi");
    if (listener.zone === "ops") {
      expect(PLACES.filter((place) => place !== "ops" && open(place, listener))).toEqual([]);
    }
  }
  expect(listeners.filter((listener) => open("processing", listener)).length).toBeGreaterThan(5);
});

it("ends the chain with a counted refusal, after the rules that allow", () => {
  const rules = rulesetOf(listenersOf(plan.specs));
  expect(rules).toMatch(/policy drop;/);
  expect(rules.lastIndexOf("accept\n")).toBeLessThan(rules.indexOf("reject with icmpx"));
  expect(rules).toMatch(/ip saddr 10\.77\.9\.0\/24 ip daddr 10\.77\.1\.\d+ tcp dport 3001 accept/);
});
