/** One verb over a run directory in a process of its own, so that its peak of memory is its own too. */
import { reportRun } from "../cli/judge.ts";
import { verify } from "../cli/verify.ts";

const [, , verb, target = ""] = process.argv;
const startMs = performance.now();
const code =
  verb === "verify"
    ? await verify({ target, publicKey: undefined, json: true })
    : await reportRun(target, { json: true });
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const figures = {
  code,
  seconds: (performance.now() - startMs) / 1000,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  peakRssBytes: maxRSS * 1024,
};
process.stderr.write(`${JSON.stringify(figures)}\n`);
