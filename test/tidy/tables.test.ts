/** An extension is one file and one line in its folder's table: this finds the line that was forgotten. */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { ROOT, TABLES } from "../../tools/tables.ts";
import type { Table } from "../../tools/tables.ts";
import { houseFiles } from "./house.ts";

const files = houseFiles();

function isEntry(value: unknown, keys: readonly string[]): boolean {
  return typeof value === "object" && value !== null && keys.every((key) => key in value);
}

async function exportsOf(file: string): Promise<readonly (readonly [string, unknown])[]> {
  const module: unknown = await import(pathToFileURL(join(ROOT, file)).href);
  return Object.entries(module as Readonly<Record<string, unknown>>);
}

/** "file: export" of each entry that the folder exports and the table does not hold. */
async function forgotten(table: Table): Promise<readonly string[]> {
  const known = new Set<unknown>(Object.values(table.entries));
  const folder = `${dirname(table.file)}/`;
  const found: string[] = [];
  for (const file of files.filter((path) => path.startsWith(folder) && path.endsWith(".ts"))) {
    for (const [name, value] of await exportsOf(file)) {
      if (isEntry(value, table.entryKeys) && !known.has(value)) found.push(`${file}: ${name}`);
    }
  }
  return found;
}

/** What an entry calls itself, where its contract gives it a name. */
function ownName(entry: object): string | undefined {
  const { name, kind, id } = entry as { readonly name?: string; kind?: string; id?: string };
  return name ?? id ?? ("instances" in entry ? kind : undefined);
}

describe.for(Object.values<Table>(TABLES))("the table in $file", (table) => {
  const entries = Object.entries(table.entries);

  test("has entries, and each looks like one", () => {
    expect(entries).not.toEqual([]);
    const strange = entries.filter(([, entry]) => !isEntry(entry, table.entryKeys));
    expect(strange.map(([key]) => key)).toEqual([]);
  });

  test("holds every entry of its folder", async () => {
    expect(await forgotten(table)).toEqual([]);
  });

  test("has each entry under the entry's own name", () => {
    const misnamed = entries.flatMap(([key, entry]) => {
      const name = ownName(entry) ?? key;
      return name === key ? [] : [`${key} calls itself ${name}`];
    });
    expect(misnamed).toEqual([]);
  });
});

test("an entry that its table does not hold is found", async () => {
  const empty: Table = { ...TABLES.topologies, entries: {} };
  expect(await forgotten(empty)).toContain("infra/topologies/dev.ts: dev");
});
