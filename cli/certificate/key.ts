/** The key that signs: one that is named, or one of this user's own that is made once and kept. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import { linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { stateDir } from "../../infra/drivers/lab.ts";

export interface Signer {
  readonly keyid: string;
  /** PEM. */
  readonly publicKey: string;
  sign(bytes: Uint8Array): Buffer;
}

const OWN_KEY_FILE = "signing-key.pem";
const OPEN_TO_OTHERS = 0o077;

/**
 * `path` as the option gave it, else the one LAKEPROOF_KEY names, else this user's own.
 * Throws CONFIG_INVALID where it is no Ed25519 private key in PEM.
 */
export function openSigner(path: string | undefined): Signer {
  const named = path ?? (host.env["LAKEPROOF_KEY"] || undefined);
  const key = named === undefined ? ownKey() : readPrivateKey(resolve(host.cwd, named));
  const publicKey = createPublicKey(key);
  return {
    keyid: keyidOf(publicKey),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (bytes) => sign(null, bytes, key),
  };
}

/** SHA-256 of the SubjectPublicKeyInfo in DER, hexadecimal: the same key has the same name everywhere. */
export function keyidOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex");
}

/** Throws CONFIG_INVALID where the file holds no Ed25519 key. */
export function readPublicKey(path: string): KeyObject {
  return readKey(path, createPublicKey, "openssl pkey -in key.pem -pubout");
}

/** Undefined where the text holds no Ed25519 public key. */
export function publicKeyIn(pem: string): KeyObject | undefined {
  try {
    return ed25519(createPublicKey(pem));
  } catch {
    return undefined;
  }
}

function readPrivateKey(path: string): KeyObject {
  return readKey(path, createPrivateKey, "openssl genpkey -algorithm ed25519 -out key.pem");
}

function readKey(path: string, parse: (pem: Buffer) => KeyObject, command: string): KeyObject {
  let key: KeyObject | undefined;
  let reason = "it is a key of another algorithm";
  try {
    key = ed25519(parse(readFileSync(path)));
  } catch (error) {
    reason = reasonOf(error);
  }
  if (key !== undefined) return key;
  throw new LakeproofError(
    "CONFIG_INVALID",
    `No Ed25519 key can be read from ${path}: ${reason}.`,
    {
      hint: `It has to be PEM without a passphrase, such as \`${command}\` writes.`,
    },
  );
}

function ed25519(key: KeyObject): KeyObject | undefined {
  return key.asymmetricKeyType === "ed25519" ? key : undefined;
}

function ownKey(): KeyObject {
  const path = join(stateDir(), OWN_KEY_FILE);
  makeOwnKey(path);
  if ((statSync(path).mode & OPEN_TO_OTHERS) !== 0) {
    throw new LakeproofError("CONFIG_INVALID", `The signing key ${path} is open to other users.`, {
      hint: `Close it with \`chmod 600 ${path}\`, or delete it: then a new one is made.`,
    });
  }
  return readPrivateKey(path);
}

/** Two runs may begin at once: whoever links first has made the key, and nobody ever reads half of one. */
function makeOwnKey(path: string): void {
  if (exists(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const draft = `${path}.${host.randomHex(4)}`;
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(draft, privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
    flag: "wx",
  });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!exists(path)) throw error;
  } finally {
    unlinkSync(draft);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
