/**
 * The envelope against DSSE's own material: protocol.md ("Test Vectors") and testvectors/vectors.json of
 * secure-systems-lab/dsse, whose keys are TEST 1 and TEST 2 of RFC 8032, section 7.1.
 */
import { describe, expect, test } from "vitest";
import {
  decodeBase64,
  envelopeText,
  isSignedBy,
  parseEnvelope,
  preAuthEncoding,
  sealEnvelope,
} from "../../../cli/certificate/envelope.ts";
import type { Envelope } from "../../../core/contracts/certificate.ts";
import { SIGNER_A, SIGNER_B } from "../../fixtures/run-directory.ts";

const IN_TOTO = "application/vnd.in-toto+json";
const STATEMENT = '{"_type":"https://in-toto.io/Statement/v1"}';

const VECTORS = [
  {
    name: "hello world (protocol.md)",
    type: "http://example.com/HelloWorld",
    payload: "hello world",
    pae: "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  },
  {
    name: "single-signature",
    type: IN_TOTO,
    payload: STATEMENT,
    pae: `DSSEv1 28 ${IN_TOTO} 43 ${STATEMENT}`,
    sig: "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==",
  },
  {
    name: "non-ascii-payload-type: 29 bytes, 28 characters",
    type: "application/vnd.exämple+json",
    payload: STATEMENT,
    pae: `DSSEv1 29 application/vnd.exämple+json 43 ${STATEMENT}`,
    sig: "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==",
  },
  {
    name: "empty-payload",
    type: IN_TOTO,
    payload: "",
    pae: `DSSEv1 28 ${IN_TOTO} 0 `,
    sig: "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==",
  },
  {
    name: "empty-payload-type",
    type: "",
    payload: STATEMENT,
    pae: `DSSEv1 0  43 ${STATEMENT}`,
    sig: "iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg==",
  },
] as const;

describe.for(VECTORS)("$name", (vector) => {
  const payload = Buffer.from(vector.payload, "utf8");

  test("is encoded as DSSE encodes it", () => {
    expect(preAuthEncoding(vector.type, payload).toString("utf8")).toBe(vector.pae);
  });

  test("is signed and found signed", () => {
    const sealed = sealEnvelope(vector.type, payload, SIGNER_A);
    const [signature] = sealed.signatures;
    if ("sig" in vector) expect(signature?.sig).toBe(vector.sig);
    expect(signature !== undefined && isSignedBy(sealed, signature, SIGNER_A.key)).toBe(true);
    expect(signature !== undefined && isSignedBy(sealed, signature, SIGNER_B.key)).toBe(false);
  });
});

function isSigned(envelope: Envelope): boolean {
  return envelope.signatures.some((signature) => isSignedBy(envelope, signature, SIGNER_A.key));
}

test("either alphabet of base64 is read (url-safe-base64)", () => {
  const sig =
    "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==";
  const envelope = { payload: "-_-_Pj8=", payloadType: IN_TOTO, signatures: [{ keyid: "A", sig }] };
  expect(decodeBase64(envelope.payload)).toEqual(Buffer.from("fbffbf3e3f", "hex"));
  expect(isSigned(envelope)).toBe(true);
  expect(isSigned({ ...envelope, payload: "+/+/Pj8=" })).toBe(true);
});

test("a signature is of its type (payload-type-swapped)", () => {
  const envelope = sealEnvelope(IN_TOTO, Buffer.from(STATEMENT), SIGNER_A);
  expect(isSigned({ ...envelope, payloadType: "application/vnd.example.other+json" })).toBe(false);
});

test("bytes cannot move between type and payload", () => {
  const encode = (type: string, payload: string): string =>
    preAuthEncoding(type, Buffer.from(payload)).toString();
  expect(encode("a", " 1 b")).not.toBe(encode("a 4 ", "1 b"));
  expect(encode("", "x")).not.toBe(encode("x", ""));
});

test.for(["====", "aGk", "aGk=", "aGk=="])("%s is read without regard to its padding", (text) => {
  expect(decodeBase64(text)?.toString()).toBe(text.startsWith("a") ? "hi" : "");
});

test.for([
  ["a character outside the alphabet", "aG!k"],
  ["white space", "aG k"],
  ["bits that no byte needs", "aGl="],
] as const)("base64 with %s is refused, though Node would read it", ([, text]) => {
  expect(decodeBase64(text)).toBeUndefined();
});

test("a payload that is no base64 is signed by nobody", () => {
  const envelope = sealEnvelope(IN_TOTO, Buffer.from(STATEMENT), SIGNER_A);
  expect(isSigned({ ...envelope, payload: `${envelope.payload} ` })).toBe(false);
});

test("its text is read back, unknown fields and a missing keyid included", () => {
  const envelope = sealEnvelope(IN_TOTO, Buffer.from(STATEMENT), SIGNER_A);
  expect(parseEnvelope(envelopeText(envelope))).toEqual(envelope);
  const [signature] = envelope.signatures;
  const foreign = { ...envelope, extra: 1, signatures: [{ sig: signature?.sig, more: [] }] };
  const read = parseEnvelope(JSON.stringify(foreign));
  expect(read.signatures).toEqual([{ keyid: "", sig: signature?.sig }]);
  expect(isSigned(read)).toBe(true);
});

test.for([
  "",
  "{",
  "[]",
  '{"payload":"","payloadType":""}',
  '{"payload":"","payloadType":"","signatures":[]}',
])("%j is no envelope", (text) => {
  expect(() => parseEnvelope(text)).toThrow();
});
