/** objectives.json: the judgement itself, for programs. */
import type { Reporter } from "../core/contracts/report.ts";

export const json: Reporter = {
  name: "json",
  purpose: "the judgement with every verdict, sample count and bound, for programs",
  render: (_journal, judgement) => [
    { path: "objectives.json", body: `${JSON.stringify(judgement, null, 2)}\n` },
  ],
};
