/**
 * `npm run bench [-- micro verification load kafka postgres users provision regression report run [dir] control [runs dir] load-run <dir>]`: prints each figure with its reference from the same run.
 * Nothing here is asserted: speed belongs to a machine, and docs/benchmarks.md says to which.
 */
import { cpus } from "node:os";
import { controlFigures } from "./control.ts";
import { kafkaFigures } from "./kafka.ts";
import { loadFigures } from "./load.ts";
import { loadRunFigures } from "./load-run.ts";
import { microFigures, type Figure } from "./micro.ts";
import { postgresFigures } from "./postgres.ts";
import { provisionFigures } from "./provision.ts";
import { regressionFigures } from "./regression.ts";
import { reportFigures } from "./report.ts";
import { runFigures } from "./run-figures.ts";
import { userFigures } from "./users.ts";
import { verificationFigures } from "./verification.ts";

const PARTS: Readonly<Record<string, () => Promise<readonly Figure[]> | readonly Figure[]>> = {
  micro: microFigures,
  verification: verificationFigures,
  load: loadFigures,
  kafka: kafkaFigures,
  postgres: postgresFigures,
  users: userFigures,
  provision: provisionFigures,
  regression: regressionFigures,
  report: reportFigures,
  run: () =>
    runFigures(process.argv.at(-1) === "run" ? "runs/latest" : (process.argv.at(-1) ?? "")),
  control: () =>
    controlFigures(process.argv.at(-1) === "control" ? "runs" : (process.argv.at(-1) ?? "")),
  "load-run": () => loadRunFigures(process.argv.at(-1) ?? ""),
};

const wanted = process.argv.slice(2).filter((word) => word in PARTS);
const parts =
  wanted.length > 0
    ? wanted
    : [
        "micro",
        "verification",
        "load",
        "kafka",
        "postgres",
        "users",
        "provision",
        "regression",
        "report",
        "run",
      ];
process.stdout.write(
  `${String(cpus().length)} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}\n\n`,
);
process.stdout.write("| figure | value | reference | ratio | aim |\n|---|---|---|---|---|\n");
for (const part of parts) {
  for (const { name, value, reference, ratio, aim } of (await PARTS[part]?.()) ?? []) {
    process.stdout.write(`| ${name} | ${value} | ${reference} | ${ratio} | ${aim} |\n`);
  }
}
