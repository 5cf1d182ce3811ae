/** The few S3 requests the harness makes itself: create a bucket, write and read back one object. */
import { AwsClient } from "aws4fetch";
import { LakeproofError } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";

export const OBJECT_STORE_KEY = "lakeproof";

export interface ObjectStore {
  createBucket(bucket: string, signal: AbortSignal): Promise<void>;
  /** Writes an object and reads it back. Throws when the bytes differ. */
  roundTrip(bucket: string, key: string, signal: AbortSignal): Promise<void>;
}

export function openObjectStore(address: string, secret: string): ObjectStore {
  const client = new AwsClient({
    accessKeyId: OBJECT_STORE_KEY,
    secretAccessKey: secret,
    service: "s3",
    region: "us-east-1",
    retries: 0,
  });
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
  return {
    async createBucket(bucket, signal) {
      const answer = await send("PUT", bucket, signal);
      if (answer.status < 300 || answer.status === 409) return;
      throw new LakeproofError("CLIENT_FAILED", `Bucket ${bucket}: ${answer.text.slice(0, 300)}`, {
        hint: "Read the object store's log.",
      });
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
