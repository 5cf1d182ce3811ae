/**
 * One text for one value, whatever the order its keys were set in: keys sorted by UTF-16 code units, no white
 * space, numbers as ECMAScript prints them (RFC 8785). What is not JSON goes the way of JSON.stringify.
 */
import type { Json } from "./contracts/values.ts";

export function canonicalJson(value: unknown): string {
  return textOf(JSON.parse(JSON.stringify(value)) as Json);
}

function textOf(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(textOf).join(",")}]`;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${textOf(field)}`).join(",")}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
