/** The door to the process: where the package lies, from the sources and compiled. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { host, packageDirFrom } from "../../../core/host.ts";
import { ROOT } from "../../../tools/tables.ts";

describe("the package's folder", () => {
  it.for(["file:///opt/lakeproof/core/host.ts", "file:///opt/lakeproof/dist/core/host.js"])(
    "from %s",
    (url) => {
      expect(packageDirFrom(url)).toBe("/opt/lakeproof/");
    },
  );

  it("holds the launcher", () => {
    expect(host.launcherPath).toBe(`${ROOT}/cli/lakeproof.js`);
    expect(existsSync(host.launcherPath)).toBe(true);
  });
});
