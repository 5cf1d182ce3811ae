/** No fault is needed: with every update the old image is written once more, and a deleted row comes back. */
import { dev, knownBad } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

export const upsertWithoutKeys = pair<typeof dev.services>({
  purpose: "An upsert stream into tables without keys: every update doubles the row before it.",
  bad: knownBad.upsertWithoutKeys,
  sound: dev,
  faults: [],
  mustViolate: ["integrity.no-duplicate"],
});
