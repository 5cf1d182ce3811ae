/** Keys: where they come from, who may read them, and what is refused. */
import { createHash, generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openSigner, publicKeyIn, readPublicKey } from "../../../cli/certificate/key.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { SIGNER_A } from "../../fixtures/run-directory.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lakeproof-key-"));
  vi.stubEnv("LAKEPROOF_STATE_DIR", join(directory, "state"));
  vi.stubEnv("LAKEPROOF_KEY", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function pem(name: string, kind: "ed25519" | "rsa" = "ed25519"): string {
  const { privateKey } =
    kind === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  const path = join(directory, name);
  writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return path;
}

function refusal(act: () => unknown): LakeproofError {
  try {
    act();
  } catch (error) {
    if (error instanceof LakeproofError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("this user's own key", () => {
  test("is made once, for its owner alone, and found again", () => {
    const { keyid } = openSigner(undefined);
    const state = join(directory, "state");
    expect(readdirSync(state)).toEqual(["signing-key.pem"]);
    expect(statSync(join(state, "signing-key.pem")).mode & 0o777).toBe(0o600);
    expect(openSigner(undefined).keyid).toBe(keyid);
  });

  test("is not used once others may read it", () => {
    openSigner(undefined);
    chmodSync(join(directory, "state", "signing-key.pem"), 0o640);
    const error = refusal(() => openSigner(undefined));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.hint).toContain("chmod 600");
  });

  test("gives way to LAKEPROOF_KEY, and that to the option", () => {
    const [one, other] = [pem("one.pem"), pem("other.pem")];
    vi.stubEnv("LAKEPROOF_KEY", one);
    expect(openSigner(undefined).keyid).toBe(openSigner(one).keyid);
    expect(openSigner(other).keyid).not.toBe(openSigner(one).keyid);
    expect(readdirSync(directory)).not.toContain("state");
  });
});

describe("a keyid", () => {
  test("is the SHA-256 of the public key in DER", () => {
    const der = Buffer.from(SIGNER_A.publicKey.replace(/-----.*-----|\n/g, ""), "base64");
    expect(SIGNER_A.keyid).toBe(createHash("sha256").update(der).digest("hex"));
    // The last 32 bytes of the DER are the key itself, here that of RFC 8032, TEST 1.
    expect(der.subarray(-32).toString("hex")).toBe(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    );
  });
});

describe("refused with the reason and the way out", () => {
  test.for([
    ["a file that is not there", () => join(directory, "gone.pem")],
    ["text that is no key", () => textFile("hello")],
    ["an RSA key", () => pem("rsa.pem", "rsa")],
    ["a public key", () => textFile(SIGNER_A.publicKey)],
  ] as const)("%s to sign with", ([, make]) => {
    const path = make();
    const error = refusal(() => openSigner(path));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(path);
    expect(error.hint).toContain("openssl genpkey");
  });

  test("an RSA key to trust", () => {
    const path = pem("rsa.pem", "rsa");
    expect(refusal(() => readPublicKey(path)).code).toBe("CONFIG_INVALID");
  });

  test("no key in a certificate", () => {
    expect(publicKeyIn("hello")).toBeUndefined();
    expect(publicKeyIn(readFileSync(pem("rsa.pem", "rsa"), "utf8"))).toBeUndefined();
    expect(publicKeyIn(SIGNER_A.publicKey)).toBeDefined();
  });
});

function textFile(text: string): string {
  const path = join(directory, "text.pem");
  writeFileSync(path, text);
  return path;
}
