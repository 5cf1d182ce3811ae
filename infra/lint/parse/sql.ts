/** SQL texts: whose dialect they are in, and the options of their WITH clauses. */
import type { SqlText } from "../facts.ts";

const FLINK = /'connector'\s*=|CREATE\s+CATALOG|EXECUTE\s+STATEMENT\s+SET|'format-version'\s*=/i;
const TRINO =
  /WITH\s*\(\s*\w+\s*=|\bEXECUTE\s+(?:optimize|expire_snapshots|remove_orphan_files)\b/i;

export function sqlText(file: string, text: string, engine?: SqlText["engine"]): SqlText {
  if (engine !== undefined) return { file, text, engine };
  if (FLINK.test(text)) return { file, text, engine: "flink" };
  return { file, text, engine: TRINO.test(text) ? "trino" : "unknown" };
}

/** Comments gone, so that a word in one accuses nobody. */
export function withoutComments(text: string): string {
  return text.replaceAll(/--[^\n]*/g, "").replaceAll(/\/\*[\s\S]*?\*\//g, "");
}

/** Statements without their comments; good enough where no text holds a semicolon. */
export function statementsOf(sql: SqlText): readonly string[] {
  return withoutComments(sql.text)
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

/** `'name' = 'value'` pairs of a Flink statement. */
export function optionsOf(statement: string): Readonly<Record<string, string>> {
  const pairs = statement.matchAll(/'([^']+)'\s*=\s*'([^']*)'/g);
  return Object.fromEntries([...pairs].map(([, key = "", value = ""]) => [key, value]));
}

/** Iceberg tables that are created, with the statement that does it. */
export function lakeTables(
  sqls: readonly SqlText[],
): readonly { readonly file: string; readonly name: string; readonly statement: string }[] {
  return sqls.flatMap((sql) =>
    statementsOf(sql).flatMap((statement) => {
      const found = /CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.`"]+)/i.exec(statement);
      const elsewhere = /'connector'\s*=\s*'(?!iceberg)/.test(statement);
      if (found?.[1] === undefined || elsewhere) return [];
      return [{ file: sql.file, name: found[1].replaceAll(/[`"]/g, ""), statement }];
    }),
  );
}
