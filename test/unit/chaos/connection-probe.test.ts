/** What becomes of connections, against real listeners of this process. */
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { OPENINGS } from "../../../chaos/connection-probe.ts";
import { probeConnections, type ConnectionCounts } from "../../../chaos/connection-probe.ts";
import { connectionsText } from "../../../chaos/haproxy-reload.ts";

const NONE: ConnectionCounts = { answered: 0, refused: 0, reset: 0, silent: 0 };

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

async function listening(made: Server): Promise<{ readonly host: string; readonly port: number }> {
  server = made;
  await new Promise<void>((resolve) => {
    made.listen(0, "127.0.0.1", resolve);
  });
  return { host: "127.0.0.1", port: (made.address() as AddressInfo).port };
}

async function probed(
  address: { readonly host: string; readonly port: number },
  protocol: keyof typeof OPENINGS,
): Promise<ConnectionCounts> {
  const probe = probeConnections(address, protocol);
  await sleep(200);
  return probe.stop();
}

describe("connections", () => {
  it("are answered by an HTTP server that asks nobody", async () => {
    let askedCount = 0;
    const address = await listening(createHttpServer(() => (askedCount += 1)));
    const counts = await probed(address, "http");
    expect(counts).toEqual({ ...NONE, answered: counts.answered });
    expect(counts.answered).toBeGreaterThan(1);
    expect(askedCount).toBe(0);
  });

  it("ask PostgreSQL's question", async () => {
    const heard: Buffer[] = [];
    const speaking = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        heard.push(data);
        socket.write("N");
      });
    });
    const counts = await probed(await listening(speaking), "postgres");
    expect(counts.answered).toBeGreaterThan(1);
    expect(heard[0]?.readInt32BE(0)).toBe(8);
    expect(heard[0]?.readInt32BE(4)).toBe(80_877_103);
  });

  it("are refused where nobody listens", async () => {
    const address = await listening(createServer());
    await new Promise((resolve) => server?.close(resolve));
    const counts = await probed(address, "http");
    expect(counts).toEqual({ ...NONE, refused: counts.refused });
    expect(counts.refused).toBeGreaterThan(1);
  });

  it.for(["end", "resetAndDestroy"] as const)("%s before a byte is no answer", async (how) => {
    const address = await listening(
      createServer((socket) => {
        socket.on("error", () => undefined);
        socket[how]();
      }),
    );
    const counts = await probed(address, "http");
    expect(counts).toEqual({ ...NONE, reset: counts.reset });
    expect(counts.reset).toBeGreaterThan(1);
  });
});

describe("what is said of a reload", () => {
  it("all were answered", () => {
    expect(connectionsText("edge-0", { ...NONE, answered: 80 })).toBe(
      "all 80 connections opened meanwhile were answered",
    );
  });

  it.for(["refused", "reset", "silent"] as const)("one that was %s is too many", (result) => {
    expect(() => connectionsText("edge-0", { ...NONE, answered: 80, [result]: 1 })).toThrow(
      "edge-0 answered 80 connections during its reload",
    );
  });
});
