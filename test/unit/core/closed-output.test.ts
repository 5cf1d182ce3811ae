/** `lakeproof … | head -1`: whoever reads may leave, and the program ends as if he had stayed. */
import { spawn, type ChildProcess } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { ROOT } from "../../../tools/tables.ts";

const HOST = JSON.stringify(pathToFileURL(`${ROOT}/core/host.ts`).href);

/** Writes, lets the event loop turn as a verb does that goes on working, writes again and ends with 10. */
const program = (prepare: string): string => `
  const { host } = await import(${HOST});
  ${prepare}
  for (let line = 0; line < 3; line += 1) {
    host.out("line\\n");
    await host.sleep(20);
  }
  host.exit(10);
`;

/** Exit code and standard error of a program whose standard output is closed before it begins. */
async function endOf(script: string): Promise<{ code: number | null; stderr: string }> {
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout?.destroy();
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stderr };
}

it("ends quietly, with the code it would have had", async () => {
  expect(await endOf(program("host.letReadersLeave();"))).toEqual({ code: 10, stderr: "" });
});

it("would have crashed without being told", async () => {
  const { code, stderr } = await endOf(program(""));
  expect(code).toBe(1);
  expect(stderr).toContain("EPIPE");
});
