/** A session of its own goes before the others; one that is shared stays as it is. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MODULE = fileURLToPath(new URL("../../../../infra/drivers/own-session.ts", import.meta.url));
const SCRIPT = `
  import { readFileSync } from "node:fs";
  import { putOwnSessionFirst } from ${JSON.stringify(MODULE)};
  const group = () => readFileSync("/proc/self/autogroup", "utf8").trim().replace(/^.* nice /, "");
  const before = group();
  const first = putOwnSessionFirst();
  console.log(JSON.stringify({ before, first, after: group() }));
`;

interface Said {
  readonly before: string;
  readonly first: boolean;
  readonly after: string;
}

function ask(detached: boolean): Promise<Said> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", SCRIPT], {
    detached,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve) => {
    child.once("close", () => {
      resolve(JSON.parse(text) as Said);
    });
  });
}

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may raise a priority";
  try {
    accessSync("/proc/self/autogroup", constants.R_OK);
    return undefined;
  } catch {
    return "this kernel shares processors out by thread, not by session";
  }
}

test("a session of its own goes first", async (context) => {
  const why = whyNot();
  context.skip(why !== undefined, why);
  const { first, after } = await ask(true);
  // Root of a container may be no root to the kernel: then nothing is changed, and that is told.
  expect(after).toBe(first ? "-10" : "0");
});

test("a session that is somebody else's too is left alone", async (context) => {
  const why = whyNot();
  context.skip(why !== undefined, why);
  const { before, first, after } = await ask(false);
  expect(first).toBe(false);
  expect(after).toBe(before);
});
