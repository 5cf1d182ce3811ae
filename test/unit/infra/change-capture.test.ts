import { expect, it } from "vitest";
import { isLost, reasonIn } from "../../../infra/change-capture.ts";

const VALID = { active: true, walStatus: "reserved", restartLsn: "0/1", confirmedLsn: "0/2" };

it.for([
  ["there", VALID, false],
  ["there and not read", { ...VALID, active: false }, false],
  [
    "about to lose WAL, which the next checkpoint decides",
    { ...VALID, walStatus: "unreserved" },
    false,
  ],
  ["lost", { active: false, walStatus: "lost", confirmedLsn: "0/2" }, true],
  ["invalidated for another reason", { ...VALID, invalidationReason: "idle_timeout" }, true],
  ["gone", undefined, true],
] as const)("a slot that is %s", ([, slot, lost]) => {
  expect(isLost(slot)).toBe(lost);
});

it("takes the first line of a trace, without the offset that is printed into it", () => {
  const trace = [
    "io.debezium.DebeziumException: The connector is trying to read change stream starting at " +
      "PostgresOffsetContext [sourceInfoSchema=Schema{x}, sourceInfo=source_info[server='dbserver1'db='bank']], " +
      "but this is no longer available on the server. Reconfigure the connector.",
    "\tat io.debezium.connector.common.BaseSourceTask.validateSchemaHistory(BaseSourceTask.java:173)",
  ].join("\n");
  expect(reasonIn(trace)).toBe(
    "io.debezium.DebeziumException: The connector is trying to read change stream starting at its offset, " +
      "but this is no longer available on the server. Reconfigure the connector.",
  );
});
