/** Every file of a run directory against the certificate: what is missing, changed, or should not be there. */
import { lstatSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { CertifiedFile } from "../../core/contracts/certificate.ts";
import type { ReportFile } from "../../core/contracts/report.ts";
import { reasonOf } from "../../core/errors.ts";
import {
  CERTIFICATE_FILE,
  entriesBelow,
  hashFile,
  MANIFEST_FILE,
  manifestText,
  sha256Of,
} from "./manifest.ts";
import type { ReadStatement } from "./statement.ts";
import { finding } from "./verification.ts";
import type { Checked, Finding } from "./verification.ts";

export interface FilesChecked extends Checked {
  /** Raw files and reports. */
  readonly certifiedCount: number;
  readonly sameCount: number;
  readonly sizeBytes: number;
}

/** How many raw files lie where the certificate says; never looks outside the directory. */
export function presentCount(runDir: string, { subject }: ReadStatement): number {
  return subject.filter(
    ({ name }) =>
      !isAbsolute(name) &&
      !name.split("/").includes("..") &&
      lstatSync(join(runDir, name), { throwIfNoEntry: false })?.isFile() === true,
  ).length;
}

/** `drawn` makes the reports; it is called only where one of them is not as certified. */
export async function checkFiles(
  runDir: string,
  { subject, predicate }: ReadStatement,
  drawn: () => readonly ReportFile[],
): Promise<FilesChecked> {
  const { digests, sizeBytes, findings } = await hashAll(runDir);
  const isRedrawn = (path: string): boolean =>
    drawn().some((report) => report.path === path && digests.get(path) === sha256Of(report.body));
  const isChanged = ({ name, digest }: CertifiedFile): boolean =>
    digests.get(name) !== digest.sha256;
  const certified = [...subject, ...predicate.reports];
  const names = new Set(certified.map(({ name }) => name));
  const extra = [...digests.keys()].filter((path) => !names.has(path));
  const [reportsRedrawn, reportsChanged] = parted(predicate.reports.filter(isChanged), (report) =>
    isRedrawn(report.name),
  );
  const [extraDrawn, extraStrange] = parted(extra, isRedrawn);
  return {
    certifiedCount: certified.length,
    sameCount: certified.length - certified.filter(isChanged).length,
    sizeBytes,
    findings: [
      ...manifestFindings(subject),
      ...[...subject.filter(isChanged), ...reportsChanged].map((file) =>
        changeFinding(file, digests.get(file.name)),
      ),
      ...extraStrange.map((path) => finding("file", path, "is not in the certificate")),
      ...findings,
    ],
    notes: [...reportsRedrawn.map(({ name }) => name), ...extraDrawn].map(
      (path) => `${path} was drawn again: it is what this lakeproof draws from the raw data.`,
    ),
  };
}

interface HashedDirectory {
  /** Path → SHA-256 of each regular file but the certificate. */
  readonly digests: ReadonlyMap<string, string>;
  readonly sizeBytes: number;
  readonly findings: readonly Finding[];
}

async function hashAll(runDir: string): Promise<HashedDirectory> {
  const { files, others } = entriesBelow(runDir);
  const findings = others.map((path) => finding("file", path, "is no regular file"));
  const digests = new Map<string, string>();
  let sizeBytes = 0;
  for (const path of files.filter((name) => name !== CERTIFICATE_FILE)) {
    try {
      const hashed = await hashFile(runDir, path);
      digests.set(path, hashed.sha256);
      sizeBytes += hashed.sizeBytes;
    } catch (error) {
      findings.push(finding("file", path, `cannot be read: ${reasonOf(error)}`));
    }
  }
  return { digests, sizeBytes, findings };
}

function changeFinding({ name, digest }: CertifiedFile, sha256: string | undefined): Finding {
  const problem =
    sha256 === undefined
      ? "is missing"
      : `was changed: its SHA-256 is ${sha256}, certified is ${digest.sha256}`;
  return finding("file", name, problem);
}

/** Whoever checks with sha256sum alone must be checking the same list. */
function manifestFindings(subject: readonly CertifiedFile[]): readonly Finding[] {
  const [manifest, ...files] = subject;
  const listed = manifestText(files.map(({ name, digest }) => ({ path: name, ...digest })));
  return manifest?.name === MANIFEST_FILE && manifest.digest.sha256 === sha256Of(listed)
    ? []
    : [finding("certificate", CERTIFICATE_FILE, "lists other files than the manifest it names")];
}

function parted<T>(items: readonly T[], test: (item: T) => boolean): [true: T[], false: T[]] {
  const passed: T[] = [];
  const failed: T[] = [];
  for (const item of items) (test(item) ? passed : failed).push(item);
  return [passed, failed];
}
