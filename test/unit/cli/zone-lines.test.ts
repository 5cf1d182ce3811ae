/** What `plan` prints of availability zones: what the loss of each would be, and who a fault takes. */
import { expect, it } from "vitest";
import { makePlan, planText } from "../../../cli/plan.ts";
import { spreadLines } from "../../../cli/zone-lines.ts";
import { support, wholeMachine } from "../../fixtures/planned-fault.ts";

const textOf = (scenario: string): string => {
  const options = { scenario, seed: "1", rate: undefined, subnet: "127.77.0" };
  return planText(makePlan(options, "namespaces", support, wholeMachine));
};

it("says of each zone what its loss would be", () => {
  const text = textOf("mini");
  expect(text).toContain("availability zones, and what the loss of one would be:\n");
  expect(text).toMatch(
    / {2}az-a {2}\d+ nodes {2}class X {2}stops minio \(2 of 4 gone: it bears the loss of 1\); only instance of .*trino/,
  );
  expect(text).toMatch(/ {2}az-b {2}\d+ nodes {2}class W {2}the others take over\n/);
  expect(textOf("production")).toMatch(/az-b .* class X {2}stops minio \(3 of 8 gone/);
});

it("says who goes on, what stops and what there was one of, under the fault", () => {
  const text = textOf("game-day/availability-zone-loss");
  expect(text).toMatch(/f1 {2}availability-zone-loss {2}availability zone az-b +class W/);
  expect(text).toMatch(/others take over {2}etcd-1, .*kafka-1/);
  expect(text).toMatch(/stops +minio-0, minio-3 \(2 of 4 gone/);
  expect(text).toMatch(/only instance +.*flink-jobmanager-0/);
});

it("says nothing where no node stands anywhere", () => {
  const options = { scenario: "mini", seed: "1", rate: undefined, subnet: "127.77.0" };
  const made = makePlan(options, "namespaces", support, wholeMachine);
  expect(spreadLines({ ...made, isolation: "loopback" })).toEqual([]);
  const { etcd } = made.topology.services;
  if (etcd === undefined) throw new RangeError("no etcd");
  const services = { etcd: { ...etcd, replicaCount: 1 } };
  expect(spreadLines({ ...made, topology: { ...made.topology, services } })).toEqual([]);
});
