/** Small words that every component uses to describe its instances. */
import type {
  ComponentClock,
  ComponentContext,
  InstanceSpec,
} from "../../core/contracts/component.ts";
import { httpDate } from "../clients/http.ts";

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

/** Answers of the port's web server have a date; a topology that nobody watches may have no such port. */
export function clockByHttp(port: string, path = "/"): ComponentClock {
  return {
    means: "the Date of its HTTP answers",
    read: (spec, signal) =>
      spec.ports[port] === undefined
        ? Promise.resolve(undefined)
        : httpDate(`http://${addressOf(spec, port)}${path}`, signal),
  };
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
    // Above what any of them loads: else each start stops for a full collection at 21 MiB of classes, 35, 58, …
    "-XX:MetaspaceSize=256m",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
  ];
}
