/** How each package client is asked for an artifact. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../../core/errors.ts";
import { fetchApt } from "./apt.ts";
import type { Artifact, GoBinary, MavenFiles, MavenTree, PipFile } from "./artifact.ts";
import { installEnvironment } from "./environment.ts";
import type { CommandResult } from "./process.ts";
import { CLIENT_HINTS, digestError, type FetchContext, runClient } from "./run-client.ts";

const MINUTE_MS = 60_000;
/** Of the plugin itself: an unpinned one would change the resolution under us. */
const DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/** Brings the artifact's files into `downloadDir`. Go's and environments are verified on the way. */
export async function fetchArtifact(artifact: Artifact, context: FetchContext): Promise<void> {
  switch (artifact.client) {
    case "maven":
      return fetchMaven(artifact, context);
    case "pip":
      return artifact.kind === "environment"
        ? installEnvironment(artifact, context)
        : fetchPip(artifact, context);
    case "go":
      return buildGo(artifact, context);
    case "apt":
      return fetchApt(artifact, context);
  }
}

async function fetchMaven(artifact: MavenFiles | MavenTree, context: FetchContext): Promise<void> {
  const pom = join(context.workDir, "pom.xml");
  await writeFile(pom, pomOf(artifact));
  const goal = artifact.kind === "tree" ? "copy-dependencies" : "copy";
  await runClient(
    "maven",
    [
      ...["mvn", "-B", "-q", "-ntp", "-f", pom],
      ...[`${DEPENDENCY_PLUGIN}:${goal}`, `-DoutputDirectory=${context.downloadDir}`],
    ],
    context,
    { cwd: context.workDir, timeoutMs: 30 * MINUTE_MS },
  );
}

/** A throw-away project: dependencies to resolve, or items for the plugin to copy just as they are. */
export function pomOf(artifact: MavenFiles | MavenTree): string {
  const items = artifact.coordinates.map((coordinate) => {
    const [group = "", name = "", version = "", type, classifier] = coordinate.split(":");
    const fields = { groupId: group, artifactId: name, version, type, classifier };
    return Object.entries(fields)
      .map(([field, value]) => (value === undefined ? "" : `<${field}>${value}</${field}>`))
      .join("");
  });
  const list = (tag: string): string => items.map((item) => `<${tag}>${item}</${tag}>`).join("\n");
  const [plugin = "", pluginVersion = ""] = DEPENDENCY_PLUGIN.split(":").slice(1);
  const body =
    artifact.kind === "tree"
      ? `<dependencies>\n${list("dependency")}\n</dependencies>`
      : [
          `<build><plugins><plugin><artifactId>${plugin}</artifactId><version>${pluginVersion}</version>`,
          `<configuration><artifactItems>\n${list("artifactItem")}\n</artifactItems></configuration>`,
          "</plugin></plugins></build>",
        ].join("\n");
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    "<modelVersion>4.0.0</modelVersion><packaging>pom</packaging>",
    "<groupId>lakeproof</groupId><artifactId>fetch</artifactId><version>1</version>",
    body,
    "</project>\n",
  ].join("\n");
}

async function fetchPip(artifact: PipFile, context: FetchContext): Promise<void> {
  const choice =
    artifact.kind === "wheel"
      ? ["--only-binary=:all:", `--python-version=${artifact.pythonVersion}`]
      : [`--no-binary=${artifact.package}`];
  await runClient(
    "pip",
    [
      ...["python3", "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-input"],
      ...["--no-deps", ...choice, "-d", context.downloadDir],
      `${artifact.package}==${artifact.version}`,
    ],
    context,
    { cwd: context.workDir, timeoutMs: 30 * MINUTE_MS },
  );
}

/**
 * Through a module of our own that requires the wanted one: `go install` refuses modules with replace
 * directives (k6 has some). Without cgo and paths, so that the binary depends on the toolchain alone.
 */
async function buildGo(artifact: GoBinary, context: FetchContext): Promise<void> {
  const options = {
    cwd: context.workDir,
    env: { CGO_ENABLED: "0", GOWORK: "off" },
    timeoutMs: 60 * MINUTE_MS,
  };
  const wanted = `${artifact.module}@${artifact.version}`;
  const go = (...args: string[]): Promise<CommandResult> =>
    runClient("go", ["go", ...args], context, options);
  await go("mod", "init", "lakeproof.invalid/build");
  const downloaded = await go("mod", "download", "-json", wanted);
  const actual = sumIn(downloaded.stdout);
  if (actual !== artifact.moduleSum) {
    throw digestError(context.name, wanted, artifact.moduleSum, actual, CLIENT_HINTS.go.purge);
  }
  await go("mod", "edit", `-require=${wanted}`);
  context.onBuilding();
  const output = join(context.workDir, "binary");
  const flags = ["-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
  await go("build", ...flags, "-o", output, artifact.package);
  await mkdir(context.downloadDir, { recursive: true });
  await rename(output, join(context.downloadDir, artifact.entry));
}

function sumIn(json: string): string {
  try {
    const facts = JSON.parse(json) as { readonly Sum?: string };
    return facts.Sum ?? "no sum";
  } catch (error) {
    return `unreadable (${reasonOf(error)})`;
  }
}
