/** Planted defects in downloads and in the cache: each is found, with its name. */
import { appendFile, chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Artifact } from "../../../../infra/artifacts/artifact.ts";
import {
  compareDigests,
  compareSizes,
  makeReadable,
  manifestOf,
  sha256OfText,
} from "../../../../infra/artifacts/manifest.ts";
import { verifyDownload } from "../../../../infra/artifacts/store.ts";
import { ARTIFACTS } from "../../../../infra/artifacts/table.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "lakeproof-verify-"));
  await mkdir(join(dir, "lib"));
  await writeFile(join(dir, "lib", "a.jar"), "aaaa");
  await writeFile(join(dir, "b.jar"), "bb");
});
afterEach(() => rm(dir, { recursive: true }));

describe("a cached tree", () => {
  it("equals its own manifest", async () => {
    const manifest = await manifestOf(dir);
    expect(manifest.map(({ path, bytes }) => [path, bytes])).toEqual([
      ["b.jar", 2],
      ["lib/a.jar", 4],
    ]);
    expect(await compareDigests(dir, manifest)).toBeUndefined();
  });

  it("shows a file that grew, vanished or was added, by name and size alone", async () => {
    const manifest = await manifestOf(dir);
    await appendFile(join(dir, "lib", "a.jar"), "!");
    expect(await compareSizes(dir, manifest)).toEqual({
      path: "lib/a.jar",
      expected: "4 bytes",
      actual: "5 bytes",
    });
    await rm(join(dir, "lib", "a.jar"));
    expect(await compareSizes(dir, manifest)).toMatchObject({ actual: "no such file" });
    await writeFile(join(dir, "lib", "a.jar"), "aaaa");
    await writeFile(join(dir, "lib", "evil.jar"), "");
    expect(await compareSizes(dir, manifest)).toMatchObject({ path: "lib/evil.jar" });
  });

  it("shows one flipped byte to the full check only", async () => {
    const manifest = await manifestOf(dir);
    await writeFile(join(dir, "b.jar"), "bc");
    expect(await compareSizes(dir, manifest)).toBeUndefined();
    expect(await compareDigests(dir, manifest)).toEqual({
      path: "b.jar",
      expected: `sha256 ${sha256OfText("bb")}`,
      actual: `sha256 ${sha256OfText("bc")}`,
    });
  });

  it("becomes readable for everybody and keeps what is executable", async () => {
    await chmod(join(dir, "b.jar"), 0o700);
    await chmod(join(dir, "lib", "a.jar"), 0o600);
    await chmod(join(dir, "lib"), 0o700);
    await makeReadable(dir);
    const modes = await Promise.all(
      ["b.jar", "lib", "lib/a.jar"].map(async (path) => (await stat(join(dir, path))).mode & 0o777),
    );
    expect(modes).toEqual([0o755, 0o755, 0o644]);
  });
});

describe("a download", () => {
  const artifact: Artifact = {
    ...ARTIFACTS["flink-s3"],
    files: [{ name: "b.jar", sha256: sha256OfText("bb") }],
  };

  beforeEach(() => rm(join(dir, "lib"), { recursive: true }));

  it("passes when it is what is pinned", async () => {
    await expect(verifyDownload("x", artifact, dir)).resolves.toBeUndefined();
  });

  it("of other content is refused with artifact, file, both digests and what to do", async () => {
    await writeFile(join(dir, "b.jar"), "bc");
    await expect(verifyDownload("flink-s3", artifact, dir)).rejects.toMatchObject({
      code: "ARTIFACT_DIGEST",
      exitCode: 20,
      message: `Artifact flink-s3: b.jar should be sha256 ${sha256OfText("bb")} but is sha256 ${sha256OfText("bc")}.`,
      hint: expect.stringContaining("local Maven repository") as string,
    });
  });

  it("of another file is refused with both names", async () => {
    await rm(join(dir, "b.jar"));
    await writeFile(join(dir, "c.jar"), "bb");
    await expect(verifyDownload("flink-s3", artifact, dir)).rejects.toThrow(
      "maven brought c.jar, not b.jar",
    );
  });

  it("of packages passes whatever their build, and is refused in another version", async () => {
    await rm(join(dir, "b.jar"));
    await writeFile(join(dir, "liblua5.3-0_5.3.6-2_amd64.deb"), "");
    await writeFile(join(dir, "haproxy_2.6.12-1+deb12u9_amd64.deb"), "");
    await expect(verifyDownload("haproxy", ARTIFACTS.haproxy, dir)).resolves.toBeUndefined();
    await rm(join(dir, "haproxy_2.6.12-1+deb12u9_amd64.deb"));
    await writeFile(join(dir, "haproxy_3.0.11-1_amd64.deb"), "");
    await expect(verifyDownload("haproxy", ARTIFACTS.haproxy, dir)).rejects.toMatchObject({
      code: "ARTIFACT_DIGEST",
      message: "Artifact haproxy: package haproxy should be version 2.6 but is 3.0.11-1.",
      hint: expect.stringMatching(/^Install HAProxy .* on PATH/) as string,
    });
  });

  it("of packages without the wanted one is refused", async () => {
    await expect(verifyDownload("haproxy", ARTIFACTS.haproxy, dir)).rejects.toMatchObject({
      code: "ARTIFACT_FAILED",
      message: "Artifact haproxy: apt brought b.jar, not haproxy.",
    });
  });

  it("of a tree with one jar too few is refused", async () => {
    await expect(verifyDownload("kafka", ARTIFACTS.kafka, dir)).rejects.toThrow(
      /set of jars should be 92 files .* but is 1 files/,
    );
  });
});
