/**
 * The DSSE envelope, version 1 of its protocol: what is signed is the payload with its type before it and both lengths,
 * so that neither can be taken for something else. Bytes in, bytes out; no file is touched here.
 */
import { verify as verifyBytes, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { Envelope, EnvelopeSignature } from "../../core/contracts/certificate.ts";
import type { Signer } from "./key.ts";

const EnvelopeShape = z.object({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({ keyid: z.string().default(""), sig: z.string() })).min(1),
});

/** "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body; lengths in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${String(type.length)} `),
    type,
    Buffer.from(` ${String(payload.length)} `),
    payload,
  ]);
}

export function sealEnvelope(payloadType: string, payload: Uint8Array, signer: Signer): Envelope {
  const signature = signer.sign(preAuthEncoding(payloadType, payload));
  return {
    payload: Buffer.from(payload).toString("base64"),
    payloadType,
    signatures: [{ keyid: signer.keyid, sig: signature.toString("base64") }],
  };
}

/** One line, ended. The file holds this and nothing else, so that no byte of it is without meaning. */
export function envelopeText(envelope: Envelope): string {
  return `${JSON.stringify(envelope)}\n`;
}

/** Throws SyntaxError or a ZodError where the text is no envelope. Unknown fields are dropped, as DSSE asks. */
export function parseEnvelope(text: string): Envelope {
  return EnvelopeShape.parse(JSON.parse(text));
}

export function isSignedBy(
  envelope: Envelope,
  { sig }: EnvelopeSignature,
  publicKey: KeyObject,
): boolean {
  const payload = decodeBase64(envelope.payload);
  const signature = decodeBase64(sig);
  if (payload === undefined || signature === undefined) return false;
  // Ed25519 names its own digest.
  return verifyBytes(null, preAuthEncoding(envelope.payloadType, payload), publicKey, signature);
}

/**
 * Standard or URL-safe alphabet, with or without padding. Undefined where the text is no base64, or not the one
 * text of its bytes: Node's decoder would pass over a changed character.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  const bytes = Buffer.from(standard, "base64");
  return bytes.toString("base64").replace(/=+$/, "") === standard ? bytes : undefined;
}
