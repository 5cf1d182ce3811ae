/** The user that programs run as which refuse root. */
import { readFileSync } from "node:fs";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { inUserNamespace } from "./isolation.ts";

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Command line that goes on as that user. */
export function asUnprivileged(user: User | undefined): readonly string[] {
  if (user === undefined) return [];
  const { uid, gid } = user;
  if (inUserNamespace()) {
    // The only other user there is in here is ourselves, seen from a namespace further in.
    return ["unshare", "--user", `--map-user=${String(uid)}`, `--map-group=${String(gid)}`, "--"];
  }
  return ["setpriv", `--reuid=${String(uid)}`, `--regid=${String(gid)}`, "--clear-groups", "--"];
}

/** PostgreSQL refuses to run as root; everyone else keeps their own user. */
export function unprivilegedUser(): User | undefined {
  if (host.uid !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("nobody:"));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) {
    throw new LakeproofError("REQUIREMENT_MISSING", "No user `nobody` to run PostgreSQL as.", {
      hint: "Run lakeproof as an ordinary user, or add a system user called nobody.",
    });
  }
  return { uid: Number(uid), gid: Number(gid) };
}
