/** Options that several verbs take, with one wording. */
import { SUBNET_DEFAULT } from "./lab.ts";

export const JSON_OPTION = ["--json", "machine-readable output on stdout", false] as const;

export const SUBNET_OPTION = [
  "--subnet <a.b.c>",
  "loopback addresses to use",
  SUBNET_DEFAULT,
] as const;

export const WHICH_OPTION = ["--subnet <a.b.c>", "only the lab on these addresses"] as const;

/** Of verbs about labs that are there already. */
export const LAB_ARGUMENT = [
  "[lab]",
  "id of a lab, or name of its topology, such as mini; `status` lists them",
] as const;

export const ISOLATION_OPTION = [
  "--isolation <kind>",
  "auto, namespaces or loopback: how nodes are kept apart",
  "auto",
] as const;

export const SEED_OPTION = ["--seed <number>", "repeat a run's decisions"] as const;

export const REPORTER_OPTION = [
  "--reporter <name[=path]>",
  "also to standard output or a file: html, json, junit, markdown, openmetrics, …; github for its job page; repeatable",
  collect,
] as const;

export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
