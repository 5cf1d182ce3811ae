/** What a program that embeds lakeproof may use: the contracts, the journal, the judge and the errors. */
export type * from "./contracts/certificate.ts";
export type * from "./contracts/calibration.ts";
export type * from "./contracts/comparison.ts";
export type * from "./contracts/component.ts";
export type * from "./contracts/driver.ts";
export type * from "./contracts/fault.ts";
export type * from "./contracts/journal.ts";
export type * from "./contracts/lake-commits.ts";
export type * from "./contracts/plan.ts";
export type * from "./contracts/probe.ts";
export type * from "./contracts/report.ts";
export type * from "./contracts/scenario.ts";
export type * from "./contracts/slo.ts";
export type * from "./contracts/topology.ts";
export type * from "./contracts/values.ts";
export { ERROR_CODES, EXIT_CODES, LakeproofError } from "./errors.ts";
export { parseJournal, readJournal } from "./journal.ts";
export { judge } from "./judge.ts";
