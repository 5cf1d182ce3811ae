/** Which queries a drain is blamed for. */
import { describe, expect, it } from "vitest";
import { endedIn, watchText, type EndedQuery } from "../../../chaos/trino-queries.ts";

const ended = (id: string, errorCode = ""): EndedQuery => ({ id, errorCode, source: "reader" });

describe("queries that ended", () => {
  it("are those that finished or failed", () => {
    const rows = [
      ["q1", "FINISHED", "", "reader"],
      ["q2", "RUNNING", "", "reader"],
      ["q3", "FAILED", "USER_CANCELED", "superset"],
      ["q4", "QUEUED", "", ""],
    ];
    expect(endedIn(rows)).toEqual([
      { id: "q1", errorCode: "", source: "reader" },
      { id: "q3", errorCode: "USER_CANCELED", source: "superset" },
    ]);
  });
});

describe("what is said of them", () => {
  it("none failed", () => {
    expect(watchText({ ended: [ended("q1"), ended("q2")], lookFailures: [] })).toBe(
      "2 queries ended meanwhile, none failed because of it",
    );
  });

  it("others failed for reasons of their own", () => {
    const all = [ended("q1"), ended("q2", "USER_CANCELED"), ended("q3", "USER_CANCELED")];
    expect(watchText({ ended: all, lookFailures: ["no answer"] })).toBe(
      "3 queries ended meanwhile, none failed because of it, 2 for other reasons (USER_CANCELED)" +
        "; 1 looks at them failed",
    );
  });

  it.for(["REMOTE_HOST_GONE", "PAGE_TRANSPORT_ERROR", "NO_NODES_AVAILABLE", "REMOTE_TASK_ERROR"])(
    "%s is a lost node",
    (code) => {
      const all = [ended("q1"), ended("q2", code)];
      expect(() => watchText({ ended: all, lookFailures: [] })).toThrow(
        `1 of 2 queries failed because a worker went away: q2 of reader with ${code}.`,
      );
    },
  );

  it("nothing seen proves nothing", () => {
    expect(() => watchText({ ended: [], lookFailures: ["connection refused"] })).toThrow(
      "No query was seen to end meanwhile: connection refused.",
    );
  });
});
