/** Which files pass as Metabase's jar, what is said where there is none, and how its instances are started. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import {
  metabase,
  metabaseJar,
  metabaseJarProblem,
  METABASE_JAR_VARIABLE,
} from "../../../../infra/components/metabase.ts";
import { contextOf, hostOf } from "./bi-context.ts";

const directory = mkdtempSync(join(tmpdir(), "lakeproof-jar-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

interface Member {
  readonly name: string;
  readonly text: string;
}

/** A zip archive as `jar` makes it: local entries, the directory, the end; here with a comment behind it. */
function archive(members: readonly Member[]): Buffer {
  const locals: Buffer[] = [];
  const directories: Buffer[] = [];
  let offset = 0;
  for (const { name, text } of members) {
    const data = deflateRawSync(text);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt32LE(crc32(text), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(Buffer.byteLength(text), 18);
    shared.writeUInt16LE(name.length, 22);
    const local = [Buffer.from("PK\u0003\u0004"), shared, Buffer.from(name), data];
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directories.push(Buffer.from("PK\u0001\u0002\u0014\u0000"), shared, rest, Buffer.from(name));
    locals.push(...local);
    offset += Buffer.concat(local).length;
  }
  const listing = Buffer.concat(directories);
  const comment = Buffer.from("made by a test");
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(comment.length, 16);
  return Buffer.concat([...locals, listing, Buffer.from("PK\u0005\u0006"), end, comment]);
}

function file(name: string, content: Buffer | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const MANIFEST = "META-INF/MANIFEST.MF";
const jar = (manifest: string): Buffer =>
  archive([
    { name: "metabase/core/bootstrap.class", text: "not really" },
    { name: MANIFEST, text: manifest },
  ]);
const GOOD = jar("Manifest-Version: 1.0\r\nMain-Class: metabase.core.bootstrap\r\n");

describe("metabaseJarProblem", () => {
  it("finds nothing wrong with a jar whose main class is Metabase's", () => {
    expect(metabaseJarProblem(file("good.jar", GOOD))).toBeUndefined();
  });

  it("reads a manifest's line on where it is folded", () => {
    const folded = jar("Manifest-Version: 1.0\r\nMain-Class: metabase.co\r\n re.bootstrap\r\n");
    expect(metabaseJarProblem(file("folded.jar", folded))).toBeUndefined();
  });

  it.each([
    ["is not there", "absent.jar", undefined, /ENOENT/],
    ["is no archive", "text.jar", "hello", /no zip archive/],
    ["is cut off", "cut.jar", GOOD.subarray(0, 60), /cut off/],
    ["has no manifest", "bare.jar", archive([{ name: "a", text: "a" }]), /has no META-INF/],
    ["is a library", "library.jar", jar("Manifest-Version: 1.0\n"), /no Main-Class/],
    ["is another program", "other.jar", jar("Main-Class: org.h2.tools.Console\n"), /org\.h2/],
  ])("says so when the file %s", (_what, name, content, problem) => {
    const path = content === undefined ? join(directory, name) : file(name, content);
    expect(metabaseJarProblem(path)).toMatch(problem);
  });

  it("says so of a directory", () => {
    expect(metabaseJarProblem(directory)).toBe("it is not a file");
  });
});

describe("metabaseJar", () => {
  it("without a jar is not measured, and names the variable", () => {
    const expected = { notMeasured: expect.stringContaining(METABASE_JAR_VARIABLE) as string };
    expect(metabaseJar({})).toEqual(expected);
    expect(metabaseJar({ [METABASE_JAR_VARIABLE]: "" })).toEqual(expected);
  });

  it("gives the path of a good one", () => {
    const path = file("named.jar", GOOD);
    expect(metabaseJar({ [METABASE_JAR_VARIABLE]: path })).toEqual({ path });
  });

  it("refuses a bad one instead of passing it by", () => {
    const path = join(directory, "nowhere.jar");
    expect(() => metabaseJar({ [METABASE_JAR_VARIABLE]: path })).toThrow(/is no Metabase jar/);
  });
});

describe("instances", () => {
  it("share one database and one key", () => {
    const path = file("shared.jar", GOOD);
    const specs = metabase.instances(contextOf("superset", 3, { jar: path }));
    const environments = specs.map(({ command }) => command.env ?? {});
    for (const key of ["MB_DB_HOST", "MB_DB_DBNAME", "MB_ENCRYPTION_SECRET_KEY"]) {
      expect(new Set(environments.map((env) => env[key])).size).toBe(1);
    }
    expect(environments.map((env) => env["MB_JETTY_HOST"])).toEqual(
      [0, 1, 2].map((ordinal) => hostOf("superset", ordinal)),
    );
    expect(specs[0]?.command.argv.slice(-2)).toEqual(["-jar", path]);
  });

  it("are refused before anything starts where the jar is none", () => {
    const context = contextOf("superset", 1, { jar: file("bad.jar", "hello") });
    expect(() => metabase.instances(context)).toThrow(/no zip archive/);
  });
});
