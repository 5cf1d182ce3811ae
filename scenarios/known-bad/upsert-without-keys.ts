/** No fault is needed: with every update the old image is written once more, and a deleted row comes back. */
import { dev } from "../../infra/topologies/index.ts";
import { upsertWithoutKeys as bad } from "../../infra/topologies/known-bad.ts";
import { pair } from "./pair.ts";

export const upsertWithoutKeys = pair<typeof dev.services>({
  purpose: "An upsert stream into tables without keys: every update doubles the row before it.",
  bad,
  sound: dev,
  faults: [],
  mustViolate: ["integrity.no-duplicate"],
});
