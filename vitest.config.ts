/** Eight projects, one a folder of test/. Only integration and e2e start real components. */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import type { TestProjectInlineConfiguration } from "vitest/config";

const MINUTE_MS = 60_000;

/**
 * Pure and quick: every commit. Files share their worker's modules, because loading them anew for each took half of
 * the time: a file takes back what it changes in the process (spies, the environment), and none is changed by it.
 */
function quick(name: string): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      isolate: false,
      maxWorkers: Math.max(2, availableParallelism()),
      testTimeout: 30_000,
      hookTimeout: 30_000,
      // First, and all together: the serial projects need the machine to themselves.
      sequence: { groupOrder: 0 },
    },
  };
}

/** Real processes on fixed addresses: one file after the other, and a failure is never tried away. */
function serial(
  name: string,
  timeoutMs: number,
  groupOrder: number,
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      fileParallelism: false,
      maxWorkers: 1,
      retry: 0,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder, concurrent: false },
    },
  };
}

export default defineConfig({
  test: {
    allowOnly: false,
    projects: [
      quick("unit"),
      quick("simulation"),
      quick("golden"),
      quick("tidy"),
      {
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/types/**/*.test-d.ts"],
            tsconfig: "tsconfig.json",
            // Errors outside the type tests are the affair of `npm run check`.
            ignoreSourceErrors: true,
          },
          sequence: { groupOrder: 0 },
        },
      },
      serial("integration", 10 * MINUTE_MS, 1),
      serial("e2e", 40 * MINUTE_MS, 2),
      serial("production", 60 * MINUTE_MS, 3),
    ],
  },
});
