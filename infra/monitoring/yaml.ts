/**
 * Configuration files as text. JSON is YAML, every reader of these files takes it, and it can be parsed back
 * without a library: so nothing here can be written that reads differently.
 */
import type { Json } from "../../core/contracts/values.ts";

export function yamlText(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
