/**
 * Opens one connection after the other to an address, each with a few bytes that are answered at once, and counts what
 * became of them. Being connected proves little: the kernel does that for a listener that is about to be closed.
 */
import { connect } from "node:net";
import { host } from "../core/host.ts";

const ANSWER_MS_MAX = 10_000;
const LOOP_COUNT = 2;
const PAUSE_MS = 50;

/** What is sent, so that a server of that protocol answers without doing any work. */
export const OPENINGS = {
  /** No HTTP at all: the first HTTP server on the way answers that it is a bad request, and nobody behind it is asked. */
  http: Buffer.from("PROBE\r\n\r\n"),
  /** PostgreSQL's question whether it speaks TLS: length 8, code 80877103; answered with one letter. */
  postgres: Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
} as const satisfies Readonly<Record<string, Buffer>>;

/** reset: it was opened, and then closed or reset before a byte came. silent: nothing came in 10 s. */
export type ConnectionResult = "answered" | "refused" | "reset" | "silent";

export type ConnectionCounts = Readonly<Record<ConnectionResult, number>>;

export interface ConnectionProbe {
  /** So far. */
  counts(): ConnectionCounts;
  /** Resolves with the final counts once the last connection has ended. Never rejects. */
  stop(): Promise<ConnectionCounts>;
}

export function probeConnections(
  address: { readonly host: string; readonly port: number },
  protocol: keyof typeof OPENINGS,
): ConnectionProbe {
  const counts = { answered: 0, refused: 0, reset: 0, silent: 0 };
  const stopper = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopper.signal.aborted) {
      counts[await openOne(address, OPENINGS[protocol])] += 1;
      await host.sleep(PAUSE_MS);
    }
  };
  const loops = Array.from({ length: LOOP_COUNT }, loop);
  return {
    counts: () => ({ ...counts }),
    stop: async () => {
      stopper.abort();
      await Promise.all(loops);
      return { ...counts };
    },
  };
}

function openOne(
  address: { readonly host: string; readonly port: number },
  opening: Buffer,
): Promise<ConnectionResult> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (result: ConnectionResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(ANSWER_MS_MAX, () => {
      end("silent");
    });
    socket.once("connect", () => socket.write(opening));
    socket.once("data", () => {
      end("answered");
    });
    socket.once("end", () => {
      end("reset");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(error.code === "ECONNREFUSED" ? "refused" : "reset");
    });
  });
}
