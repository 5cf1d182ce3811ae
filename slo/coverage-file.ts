/** What `lakeproof coverage --json` wrote, read again. */
import { z } from "zod";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import type { Coverage } from "./coverage.ts";

const Kept = z.strictObject({
  schema: z.literal("lakeproof.coverage/1"),
  runIds: z.array(z.string()),
  rows: z.array(
    z.strictObject({
      fault: z.string(),
      basis: z.string().exactOptional(),
      component: z.string(),
      faultClasses: z.array(z.enum(["W", "B", "X"])),
      injectedCount: z.int(),
      evidencedCount: z.int(),
      inBudgetCount: z.int(),
      recoveryMsMax: z.number().exactOptional(),
      budgetRatioMax: z.number().exactOptional(),
      evidence: z.string().exactOptional(),
    }),
  ),
});

/** `read` gives the file's text. Throws USAGE where it cannot be read or is something else. */
export function readCoverage(path: string, read: (path: string) => string): Coverage {
  try {
    return Kept.parse(JSON.parse(read(path)));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error);
    throw new LakeproofError("USAGE", `${path} holds no coverage: ${reason}.`, {
      hint: "`lakeproof coverage <runs> --json` writes one.",
      cause: error,
    });
  }
}
