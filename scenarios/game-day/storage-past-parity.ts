/** First as many drives' nodes as erasure coding bears, then one more. */
import { game } from "./game.ts";

export const storagePastParity = game("storage-past-parity", {
  purpose: "One MinIO node of four dies, then as many as the erasure code cannot bear.",
  faults: [
    {
      fault: "process-kill",
      service: "minio",
      count: 1,
      holdMs: 15_000,
      hypothesis:
        "Nobody notices: recovery < 45 s, freshness < 60 s, failed writes < 1 %, nothing lost",
    },
    {
      fault: "process-kill",
      service: "minio",
      count: "majority",
      holdMs: 20_000,
      hypothesis:
        "No checkpoint and no query until they are back, then all of it: recovery < 120 s, failed writes < 1 %, nothing lost",
    },
  ],
  beyondDesign: true,
});
