/** YAML and JSON, as trees and as flat settings. */
import { parse } from "yaml";

/** Undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Undefined where the text is not YAML. */
export function parseTree(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" }) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Path with dots → text of the leaf; list entries carry their position. */
export function flatten(tree: unknown, prefix = ""): Readonly<Record<string, string>> {
  if (typeof tree !== "object" || tree === null) {
    // An empty value means that the key is there with nothing in it.
    const text = typeof tree === "string" ? tree : tree === null ? "" : JSON.stringify(tree);
    return prefix === "" ? {} : { [prefix]: text };
  }
  const entries = Object.entries(tree as Readonly<Record<string, unknown>>);
  return Object.assign(
    {},
    ...entries.map(([key, value]) => flatten(value, prefix === "" ? key : `${prefix}.${key}`)),
  ) as Readonly<Record<string, string>>;
}
