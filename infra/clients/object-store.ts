/** The few S3 requests the harness makes itself: create a bucket, write an object, read objects or parts of them. */
import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { LakeproofError } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";

export const OBJECT_STORE_KEY = "lakeproof";

export interface ObjectStore {
  createBucket(bucket: string, signal: AbortSignal): Promise<void>;
  /** Writes an object and reads it back. Throws when the bytes differ. */
  roundTrip(bucket: string, key: string, signal: AbortSignal): Promise<void>;
  /** Writes an object. */
  put(bucket: string, key: string, content: Uint8Array, signal: AbortSignal): Promise<void>;
  /** SHA-256 of an object as it is given out now. Throws when it does not come whole. */
  sha256(bucket: string, key: string, signal: AbortSignal): Promise<string>;
  /** The whole object, or the bytes of `range`. Undefined when there is no such object. */
  read(
    bucket: string,
    key: string,
    signal: AbortSignal,
    range?: ByteRange,
  ): Promise<Uint8Array | undefined>;
}

/** From `from` up to, but without, `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

function clientWith(secret: string): AwsClient {
  return new AwsClient({
    accessKeyId: OBJECT_STORE_KEY,
    secretAccessKey: secret,
    service: "s3",
    region: "us-east-1",
    retries: 0,
  });
}

export function openObjectStore(address: string, secret: string): ObjectStore {
  const client = clientWith(secret);
  const send = async (
    method: string,
    path: string,
    signal: AbortSignal,
    body?: string,
  ): Promise<{ status: number; text: string }> => {
    const url = `http://${address}/${path}`;
    const signed = await client.sign(url, { method, ...(body === undefined ? {} : { body }) });
    // Only headers are taken from the signed request: one that carries its own signal may lose it.
    const headers = signed.headers;
    const request = fetch(url, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body }),
    });
    const response = await untilAborted(request, signal);
    return { status: response.status, text: await untilAborted(response.text(), signal) };
  };
  const demand = async (
    method: string,
    path: string,
    signal: AbortSignal,
    body?: string,
  ): Promise<string> => {
    const answer = await send(method, path, signal, body);
    if (answer.status < 300) return answer.text;
    throw new LakeproofError(
      "CLIENT_FAILED",
      `${method} ${path} answered ${String(answer.status)}: ${answer.text.slice(0, 300)}`,
      { hint: "Read the object store's log." },
    );
  };
  const bytesOf = bytesThrough(client, address);
  return {
    read: rangesThrough(client, address),
    async createBucket(bucket, signal) {
      const answer = await send("PUT", bucket, signal);
      if (answer.status < 300 || answer.status === 409) return;
      throw new LakeproofError("CLIENT_FAILED", `Bucket ${bucket}: ${answer.text.slice(0, 300)}`, {
        hint: "Read the object store's log.",
      });
    },
    async put(bucket, key, content, signal) {
      await bytesOf("PUT", `${bucket}/${pathOf(key)}`, signal, content);
    },
    async sha256(bucket, key, signal) {
      const bytes = await bytesOf("GET", `${bucket}/${pathOf(key)}`, signal);
      return createHash("sha256").update(bytes).digest("hex");
    },
    async roundTrip(bucket, key, signal) {
      await demand("PUT", `${bucket}/${key}`, signal, key);
      const text = await demand("GET", `${bucket}/${key}`, signal);
      if (text === key) return;
      throw new LakeproofError(
        "CLIENT_FAILED",
        `${bucket}/${key} was read back as ${text.slice(0, 60)}.`,
        {
          hint: "The object store returned other bytes than were written.",
        },
      );
    },
  };
}

/** Undefined when there is no such object; CLIENT_FAILED with the store's answer for everything else. */
function rangesThrough(client: AwsClient, address: string): ObjectStore["read"] {
  return async (bucket, key, signal, range) => {
    const url = `http://${address}/${bucket}/${pathOf(key)}`;
    const asked =
      range === undefined
        ? {}
        : { headers: { Range: `bytes=${String(range.from)}-${String(range.to - 1)}` } };
    const { headers } = await client.sign(url, asked);
    const response = await untilAborted(fetch(url, { headers, signal }), signal);
    const bytes = new Uint8Array(await untilAborted(response.arrayBuffer(), signal));
    // 416: the object ends before the range begins.
    if (response.status === 416) return new Uint8Array();
    if (response.status === 404) return undefined;
    if (response.status < 300) return bytes;
    const text = new TextDecoder().decode(bytes.subarray(0, 300));
    throw new LakeproofError(
      "CLIENT_FAILED",
      `GET ${bucket}/${key} answered ${String(response.status)}: ${text}`,
      { hint: "Read the object store's log." },
    );
  };
}

type Bytes = (
  method: string,
  path: string,
  signal: AbortSignal,
  body?: Uint8Array,
) => Promise<Uint8Array>;

/** Throws CLIENT_FAILED with the store's answer, also when the bytes do not come whole. */
function bytesThrough(client: AwsClient, address: string): Bytes {
  return async (method, path, signal, body) => {
    const url = `http://${address}/${path}`;
    const content = body === undefined ? {} : { body: new Uint8Array(body) };
    const { headers } = await client.sign(url, { method, ...content });
    const request = fetch(url, { method, headers, signal, ...content });
    const response = await untilAborted(request, signal);
    const bytes = new Uint8Array(await untilAborted(response.arrayBuffer(), signal));
    if (response.status < 300) return bytes;
    throw new LakeproofError(
      "CLIENT_FAILED",
      `${method} ${path} answered ${String(response.status)}: ${new TextDecoder().decode(bytes).slice(0, 300)}`,
      { hint: "Read the object store's log." },
    );
  };
}

/** Keys hold "=" where partitions are named: every part is encoded, the slashes between them stay. */
function pathOf(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}
