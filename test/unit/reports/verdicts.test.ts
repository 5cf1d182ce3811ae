import { expect, test } from "vitest";
import { specTotals } from "../../../core/seed-spec.ts";
import { production } from "../../../infra/topologies/index.ts";
import { renderConsoleSummary } from "../../../reports/console.ts";
import { junit } from "../../../reports/junit.ts";
import { markdown } from "../../../reports/markdown.ts";
import { deviationsOf, nodeLines } from "../../../reports/deviations.ts";
import { SPEC_NODES, specGroupOf } from "../../../reports/seed-spec.ts";
import { unclaimedOf } from "../../../reports/verdicts.ts";
import { lossJournal, smokeJournal } from "../../fixtures/journals.ts";
import { lossJudgement, smokeJudgement } from "../../fixtures/judgements.ts";
import { PLAN } from "../../fixtures/plan.ts";

const smoke = smokeJournal();
const loss = lossJournal();

test("what is not claimed says how long it would take, unless it is decided already", () => {
  const needed = new Map(
    unclaimedOf(smoke, smokeJudgement).map((entry) => [entry.title, entry.needed]),
  );
  expect(needed.get("Writes and queries are up in more than 99.9 % of all 10 s slices")).toBe(
    "8 h 19 min of measured time: 2,995 samples without a bad one, this plan has 31",
  );
  expect(needed.get("1000+ concurrent users")).toBe(
    "no length would do: nothing in this plan measures it",
  );
  expect(needed.get("Simple queries answer within 100 ms (p95)")).toBe("");
  expect(needed.has("Committed rows are readable through Trino within 30 s (p95)")).toBe(false);
});

test("the console fits the terminal and colours only when told to", () => {
  const plain = renderConsoleSummary(loss, lossJudgement, { color: false, columns: 80 });
  expect(plain).not.toContain("\u001B");
  expect(Math.max(...plain.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const coloured = renderConsoleSummary(loss, lossJudgement, { color: true, columns: 80 });
  // eslint-disable-next-line no-control-regex
  expect(coloured.replace(/\u001B\[\d+m/g, "")).toBe(plain);
  expect(coloured).not.toBe(plain);
});

test("JUnit counts violations as failures, the undecided as errors, the rest as skipped", () => {
  const [file] = junit.render(loss, lossJudgement);
  expect(file?.body).toContain('tests="20" failures="2" errors="2" skipped="4"');
  expect(file?.body.match(/<testcase /g)).toHaveLength(20);
  expect(file?.body).toContain("&lt;b&gt;3&lt;/b&gt; | of 58 canaries &amp; more");
});

test("a summary past the size CI accepts is cut at a line and says so", () => {
  const because = "x".repeat(2000);
  const many = Array.from({ length: 600 }, (_, index) => ({
    id: `integrity.${String(index)}`,
    kind: "integrity" as const,
    title: "t",
    status: "PROVEN" as const,
    claimed: true,
    because,
    exitCode: 0,
  }));
  const [file] = markdown.render(smoke, { ...smokeJudgement, verdicts: many });
  const body = file?.body ?? "";
  expect(new TextEncoder().encode(body).length).toBeLessThan(900 * 1024);
  expect(body.trimEnd().split("\n").at(-1)).toMatch(/^… cut off here/);
});

test("text in Markdown cannot open a cell, a tag or a link", () => {
  const [file] = markdown.render(loss, lossJudgement);
  expect(file?.body).toContain(
    "&lt;b>3&lt;/b> \\| of 58 canaries &amp; more were \\`never\\` seen.",
  );
});

test("the seed's hardware adds up as the guide says", () => {
  expect(specTotals()).toEqual({ nodeCount: 43, cpuCount: 536, memoryGiB: 2180 });
});

test("instances are dealt to the rows of the seed in order", () => {
  const services = { ...PLAN.topology.services };
  services["postgres"] = {
    component: "postgres",
    zone: "processing",
    replicaCount: 2,
    memoryMiB: 256,
  };
  services["trino-worker"] = {
    component: "trino",
    zone: "processing",
    replicaCount: 12,
    memoryMiB: 700,
  };
  const lines = nodeLines({ ...PLAN, topology: { ...PLAN.topology, services } });
  const count = (node: string): number | undefined =>
    lines.find((line) => line.spec.node === node)?.nodeCount;
  expect(count("PostgreSQL primary")).toBe(1);
  expect(count("PostgreSQL read replica 1")).toBe(1);
  expect(count("PostgreSQL read replica 2")).toBe(0);
  expect(count("Trino coordinator")).toBe(1);
  expect(count("Trino worker")).toBe(12);
  expect(count("Redis node (3 masters, 3 replicas)")).toBe(0);
});

test("a load balancer before PostgreSQL is no PostgreSQL, and before MinIO no MinIO", () => {
  expect(specGroupOf("postgres-leader", "haproxy-postgres")).toBeUndefined();
  expect(specGroupOf("minio-endpoint", "haproxy-minio")).toBeUndefined();
  expect(specGroupOf("bi-entry", "haproxy-bi")).toBe("haproxy");
  expect(specGroupOf("postgres", "patroni")).toBe("postgres");
});

test("what watches or fills a service is none of the seed's nodes: production has just those", () => {
  const nodes = new Map<string, number>();
  for (const [service, { component, replicaCount }] of Object.entries(production.services)) {
    const group = specGroupOf(service, component);
    if (group !== undefined) nodes.set(group, (nodes.get(group) ?? 0) + replicaCount);
  }
  const wanted = new Map<string, number>();
  for (const { group, nodeCount } of SPEC_NODES) {
    wanted.set(group, (wanted.get(group) ?? 0) + nodeCount);
  }
  expect(Object.fromEntries(nodes)).toEqual(Object.fromEntries(wanted));
});

test("every substitution of the dev run is disclosed", () => {
  const text = deviationsOf(smoke).join("\n");
  for (const part of ["topology is dev", "Toxiproxy", "loopback", "one disk", "1,000 events/s"]) {
    expect(text).toContain(part);
  }
});
