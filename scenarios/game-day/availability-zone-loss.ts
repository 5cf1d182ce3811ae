/** The lights go out in one building of three; then in the one that has every single instance. */
import { game } from "./game.ts";

export const availabilityZoneLoss = game("availability-zone-loss", {
  purpose:
    "An availability zone without power: one that the others replace, then the one that has what there is one of.",
  faults: [
    {
      fault: "availability-zone-loss",
      service: "postgres",
      params: { zone: "az-b" },
      holdMs: 20_000,
      hypothesis:
        "The other two zones take over while it is dark: recovery < 100 s, failed writes < 20 %, nothing lost",
    },
    {
      fault: "availability-zone-loss",
      service: "postgres",
      params: { zone: "az-a" },
      holdMs: 20_000,
      hypothesis:
        "Writes, checkpoints and queries fail loudly, and go on when its nodes are started again: recovery < 340 s, nothing lost",
    },
  ],
  // Half of the object store's nodes are there, and all that there is one of.
  beyondDesign: true,
});
