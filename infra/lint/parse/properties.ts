/** Lines of key and value: Java properties, environment files, Redis and PostgreSQL configuration. */

type Values = Readonly<Record<string, string>>;

function unquoted(text: string): string {
  const found = /^(["'])(.*)\1$/s.exec(text);
  return found?.[2] ?? text;
}

/** Java properties: "=", ":" or a blank ends the key, a backslash at the end goes on in the next line. */
export function parseProperties(text: string): Values {
  const values: Record<string, string> = {};
  for (const line of text.replaceAll(/\\\r?\n\s*/g, "").split(/\r?\n/)) {
    const found = /^\s*([^#!\s=:][^\s=:]*)\s*[=:\s]\s*(.*)$/.exec(line);
    if (found !== null) values[found[1] ?? ""] = (found[2] ?? "").trim();
  }
  return values;
}

/** NAME=value as shells and service managers read it. */
export function parseEnvironment(text: string): Values {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (found !== null) values[found[1] ?? ""] = unquoted((found[2] ?? "").trim());
  }
  return values;
}

/** redis.conf: a word, a blank, the rest. Directives that may stand several times are joined. */
export function parseRedis(text: string): Values {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*([a-z][a-z-]*)\s+(.*)$/i.exec(line);
    if (found === null) continue;
    const key = (found[1] ?? "").toLowerCase();
    const value = unquoted((found[2] ?? "").trim());
    values[key] = key === "save" && values[key] !== undefined ? `${values[key]} ${value}` : value;
  }
  return values;
}

/** postgresql.conf: name, an optional "=", a value that may be quoted, a comment. */
export function parsePostgres(text: string): Values {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*([a-z_][\w.]*)\s*=?\s*('(?:[^']|'')*'|[^#\s]+)/i.exec(line);
    if (found === null) continue;
    values[(found[1] ?? "").toLowerCase()] = unquoted(found[2] ?? "").replaceAll("''", "'");
  }
  return values;
}

/** `-c name=value` and `--name=value` of a PostgreSQL command line. */
export function parsePostgresArgv(argv: readonly string[]): Values {
  const values: Record<string, string> = {};
  for (const [index, word] of argv.entries()) {
    const pair = word === "-c" ? argv[index + 1] : /^--(.+=.*)$/.exec(word)?.[1];
    const found = /^([\w.-]+)=(.*)$/s.exec(pair ?? "");
    if (found !== null) values[(found[1] ?? "").replaceAll("-", "_")] = found[2] ?? "";
  }
  return values;
}

/** `--name value` of a Redis command line; values run up to the next name. */
export function parseRedisArgv(argv: readonly string[]): Values {
  const text = argv.map((word) => (/^--[a-z]/.test(word) ? `\n${word.slice(2)}` : word)).join(" ");
  return parseRedis(text.slice(Math.max(0, text.indexOf("\n"))));
}
