/** What one fault alone does not show: the second comes while the first is still there. The seed draws which. */
import { drill } from "./drill.ts";

export const pairsDrill = drill(
  "pairs",
  "Two faults at a time within the design, drawn by the seed: what survives each has to survive both.",
  [],
  { pairs: { count: 6 }, beyondDesign: false },
);
