/** Where load may go: loopback, and the brokers of a lab. A typing error must not flood somebody's cluster. */
import { LakeproofError } from "../../core/errors.ts";
import type { LabState } from "../../infra/drivers/lab.ts";

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost)$/;

/** Throws USAGE for any other address. */
export function loopbackOnly(text: string): readonly string[] {
  const addresses = text.split(",").map((address) => address.trim());
  const wrong = addresses.find(
    (address) => !LOOPBACK.test(hostOf(address)) || !/:\d{1,5}$/.test(address),
  );
  if (wrong === undefined) return addresses;
  throw new LakeproofError("USAGE", `--bootstrap has ${JSON.stringify(wrong)}.`, {
    hint: "Give loopback addresses as 127.0.0.1:9092, or leave it out to load the lab that is up.",
  });
}

export function brokersOf(lab: LabState): readonly string[] {
  const brokers = Object.values(lab.instances)
    .filter(({ spec }) => spec.component === "kafka")
    .map(({ spec }) => `${spec.host}:${String(spec.ports["main"] ?? 0)}`);
  if (brokers.length > 0) return brokers;
  throw new LakeproofError("LAB_NOT_UP", `Lab ${lab.id} has no Kafka.`, {
    hint: "Start one that has: `lakeproof up broker`.",
  });
}

/** Of the places brokers say they are at, those where no load may go: a forwarded port leads anywhere. */
export function astray(hosts: readonly string[], addresses: readonly string[]): readonly string[] {
  const known = addresses.map(hostOf);
  return hosts.filter((name) => !LOOPBACK.test(name) && !known.includes(name));
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf(":")));
}
