/** All static checks, two at a time: one line each, and the full output of those that failed. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { ROOT } from "./tables.ts";

const PARALLEL = 2;

interface CheckCommand {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
}

/** Slowest first, so that the last to finish is a short one. */
const CHECKS: readonly CheckCommand[] = [
  { name: "eslint", argv: ["eslint", ".", "--max-warnings", "0"] },
  { name: "types", argv: ["tsc", "--noEmit"] },
  // k6 has globals of its own, hence a second program.
  { name: "k6 types", argv: ["tsc", "--noEmit", "-p", "generators/k6"] },
  { name: "docs", argv: ["node", "tools/docs.ts", "--check"] },
  { name: "imports", argv: ["depcruise", ".", "--config", ".dependency-cruiser.mjs"] },
  { name: "dead code", argv: ["knip", "--no-progress"] },
  { name: "format", argv: ["prettier", "--check", "--log-level", "warn", "."] },
];

interface CheckResult {
  readonly passed: boolean;
  readonly output: string;
}

function run(check: CheckCommand): Promise<CheckResult> {
  const [program, ...args] = check.argv;
  const path = `${join(ROOT, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on("error", (error) => {
      resolve({ passed: false, output: `${check.argv.join(" ")}: ${error.message}\n` });
    });
    child.on("close", (code) => {
      resolve({ passed: code === 0, output: Buffer.concat(chunks).toString() });
    });
  });
}

async function runAndPrint(check: CheckCommand): Promise<boolean> {
  const startedMs = performance.now();
  const { passed, output } = await run(check);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${passed ? "ok    " : "FAILED"} ${check.name.padEnd(10)} ${seconds.padStart(6)} s`);
  if (!passed) console.log(`\n$ ${check.argv.join(" ")}\n${output.trimEnd()}\n`);
  return passed;
}

const wanted = process.argv.slice(2);
const queue = CHECKS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const checkCount = queue.length;
let failedCount = 0;

async function work(): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    if (!(await runAndPrint(check))) failedCount += 1;
  }
}

if (checkCount === 0) {
  const names = CHECKS.map(({ name }) => JSON.stringify(name)).join(", ");
  console.error(`No check is called ${wanted.join(", ")}. There are ${names}.`);
  process.exitCode = 2;
} else {
  await Promise.all(Array.from({ length: PARALLEL }, work));
  console.log(`${String(checkCount - failedCount)} of ${String(checkCount)} checks passed`);
  if (failedCount > 0) process.exitCode = 1;
}
