/** Whose wall clock can be shifted, and why not that of all others. */
import type { Component } from "../../core/contracts/component.ts";
import type { ServiceSpec } from "../../core/contracts/topology.ts";
import { COMPONENTS } from "../components/index.ts";

/** Programs in Go ask the kernel for the time themselves: a preloaded library is never called. */
const GO_PROGRAMS: ReadonlySet<string> = new Set([
  ...["etcd", "minio", "toxiproxy", "prometheus", "alertmanager"],
  ...["blackbox-exporter", "postgres-exporter", "redis-exporter"],
]);

/** Undefined where it can be. What a sentence about the service goes on with, otherwise. */
export function clockProblem(
  service: Pick<ServiceSpec, "component" | "clock">,
): string | undefined {
  const { component, clock } = service;
  const known: Readonly<Record<string, Component>> = COMPONENTS;
  if (GO_PROGRAMS.has(component)) {
    return `${component} is a Go program, which asks the kernel itself for the time: its clock cannot be shifted alone`;
  }
  if (known[component]?.clock === undefined) {
    const able = Object.keys(COMPONENTS).filter((name) => known[name]?.clock !== undefined);
    return `the clock of ${component} cannot be shifted, only that of ${able.join(", ")}`;
  }
  return clock === undefined
    ? 'its instances have the clock of the machine: give it clock: "shiftable" in the topology'
    : undefined;
}
