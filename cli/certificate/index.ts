/** Seals a run directory at its end: the manifest before the reports are drawn, the certificate after. */
import { renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { canonicalJson } from "../../core/canonical-json.ts";
import { PAYLOAD_TYPE } from "../../core/contracts/certificate.ts";
import type {
  CertificateStatement,
  CertifiedFile,
  JudgedBy,
} from "../../core/contracts/certificate.ts";
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { ReportFile } from "../../core/contracts/report.ts";
import type { Judgement } from "../../core/contracts/slo.ts";
import { host } from "../../core/host.ts";
import { claimsOf, statementOf, timestamp } from "../../reports/certificate.ts";
import { drawReports } from "../../reports/index.ts";
import { envelopeText, sealEnvelope } from "./envelope.ts";
import type { Signer } from "./key.ts";
import {
  CERTIFICATE_FILE,
  entriesBelow,
  hashFiles,
  MANIFEST_FILE,
  manifestText,
  sha256Of,
} from "./manifest.ts";
import type { HashedFile } from "./manifest.ts";
import { VERSION } from "../version.ts";

interface Manifest {
  readonly sha256: string;
  readonly files: readonly HashedFile[];
}

export interface Judged {
  readonly journal: JournalReader;
  readonly judgement: Judgement;
  readonly signer: Signer;
}

interface Sealed extends Judged {
  readonly manifest: Manifest;
  readonly reports: readonly ReportFile[];
}

/** Writes manifest.sha256, every report and certificate.json. Nothing may be written there afterwards. */
export async function sealRun(runDir: string, judged: Judged): Promise<void> {
  const { journal, judgement, signer } = judged;
  const manifest = await writeManifest(runDir);
  const seal = { keyid: signer.keyid, manifestSha256: manifest.sha256 };
  const reports = drawReports(journal, judgement, seal);
  writeReports(runDir, reports);
  await writeCertificate(runDir, { ...judged, manifest, reports });
}

/** Returns the absolute paths. */
export function writeReports(runDir: string, reports: readonly ReportFile[]): readonly string[] {
  return reports.map(({ path, body }) => {
    const target = resolve(runDir, path);
    writeFileSync(target, body);
    return target;
  });
}

const NEVER_LISTED: readonly string[] = [MANIFEST_FILE, CERTIFICATE_FILE];

/** Of everything that lies there. Reports are drawn later: they are no raw data. */
async function writeManifest(runDir: string): Promise<Manifest> {
  const raw = entriesBelow(runDir).files.filter((path) => !NEVER_LISTED.includes(path));
  const files = await hashFiles(runDir, raw);
  const text = manifestText(files);
  writeFileSync(join(runDir, MANIFEST_FILE), text);
  return { sha256: sha256Of(text), files };
}

/** Whole or not at all. */
async function writeCertificate(runDir: string, sealed: Sealed): Promise<void> {
  const payload = Buffer.from(canonicalJson(await certificateOf(sealed)), "utf8");
  const path = join(runDir, CERTIFICATE_FILE);
  writeFileSync(`${path}.new`, envelopeText(sealEnvelope(PAYLOAD_TYPE, payload, sealed.signer)));
  renameSync(`${path}.new`, path);
}

async function certificateOf(sealed: Sealed): Promise<CertificateStatement> {
  const { journal, judgement, manifest, reports, signer } = sealed;
  const { files, sha256 } = manifest;
  const ofManifest = certified(MANIFEST_FILE, sha256);
  const plan = files.find(({ path }) => path === "plan.json");
  return statementOf(claimsOf(journal, judgement), {
    subject: [ofManifest, ...files.map((file) => certified(file.path, file.sha256))],
    issuedAt: timestamp(host.epochMs()),
    signer: { keyid: signer.keyid, publicKey: signer.publicKey },
    judgedBy: await judgedBy(),
    manifest: {
      ...ofManifest,
      fileCount: files.length,
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    ...(plan === undefined ? {} : { plan: certified(plan.path, plan.sha256) }),
    reports: reports.map(({ path, body }) => certified(path, sha256Of(body))),
  });
}

function certified(name: string, sha256: string): CertifiedFile {
  return { name, digest: { sha256 } };
}

/** A process judges with the code it was started with, so it reads that once. */
let judge: Promise<JudgedBy> | undefined;

/** What judges here and now. Compiled or not makes a difference of its own: other code, other digest. */
export function judgedBy(): Promise<JudgedBy> {
  judge ??= digestOfCode();
  return judge;
}

async function digestOfCode(): Promise<JudgedBy> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const folders = ["core", "reports", "slo"].map(async (folder) => {
    const directory = join(root, folder);
    const files = await hashFiles(directory, entriesBelow(directory).files);
    return manifestText(files.map(({ path, sha256 }) => ({ path: `${folder}/${path}`, sha256 })));
  });
  return {
    lakeproofVersion: VERSION,
    codeSha256: sha256Of((await Promise.all(folders)).join("")),
  };
}
