/** Small words that every component uses to describe its instances. */
import type { ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";

/** An instance as its component describes it; the zone comes from the topology. */
export type InstanceDraft = Omit<InstanceSpec, "zone">;

export function eachOrdinal(
  context: ComponentContext,
  make: (id: string, ordinal: number) => InstanceDraft,
): readonly InstanceSpec[] {
  return Array.from({ length: context.replicaCount }, (_, ordinal) => ({
    ...make(`${context.service}-${String(ordinal)}`, ordinal),
    zone: context.zone,
  }));
}

export function addressOf(spec: InstanceSpec, port = "main"): string {
  const number = spec.ports[port];
  return `${spec.host}:${String(number ?? 0)}`;
}

/** The instance of the service that serves this address. */
export function instanceAt(context: ComponentContext, address: string): string {
  const at = context.endpoints.addresses(context.service).indexOf(address);
  return context.endpoints.instanceIds(context.service)[at] ?? `${context.service}-0`;
}

/** Java properties text. */
export function properties(entries: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${String(value)}\n`)
    .join("");
}

/**
 * Flags for a JVM that lives for minutes beside nine others: the C1 compiler alone starts in half the
 * CPU time, and the serial collector needs no threads of its own.
 */
export function javaFlags(heapMiB: number): readonly string[] {
  return [
    `-Xmx${String(heapMiB)}m`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
  ];
}
