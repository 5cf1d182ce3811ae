/**
 * Who may import whom. Type imports count: a type is knowledge too.
 * Each rule's comment is what a person reads when it fails, so it says why and what to do instead.
 */

const OURS = "^(core|generators|chaos|infra|slo|reports|scenarios|cli|test|tools|bench)/";
const NOT_LOADED_BY_NODE = "^generators/k6/";

/** A rule that lets `from` import only `allowed` of our own folders. */
function only(name, from, allowed, comment, exceptFrom = []) {
  return {
    name,
    comment,
    severity: "error",
    from: { path: from, pathNot: [NOT_LOADED_BY_NODE, ...exceptFrom] },
    to: { path: OURS, pathNot: allowed },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    only(
      "core-knows-nobody",
      "^core/",
      ["^core/"],
      "core is the vocabulary everybody shares. If it needs a folder, move the type into core/contracts or pass the value in.",
    ),
    {
      name: "contracts-know-only-contracts",
      comment:
        "core/contracts says what things are. An import of anything else there turns a type into a mechanism.",
      severity: "error",
      from: { path: "^core/contracts/" },
      to: { pathNot: "^core/contracts/" },
    },
    only(
      "generators-are-pure",
      "^generators/",
      ["^core/", "^generators/"],
      "What the load is must not depend on where it goes: the same seed gives the same operations without any cluster.",
    ),
    only(
      "chaos-knows-only-core",
      "^chaos/",
      ["^core/", "^chaos/"],
      "A fault reaches its target through the FaultContext; then it works with every driver and component.",
    ),
    only(
      "checks-only-judge",
      "^slo/checks/",
      ["^core/", "^slo/(checks|maths|objectives)/"],
      "A check reads a journal, so that an old run can be judged again with no cluster there.",
    ),
    only(
      "maths-is-maths",
      "^slo/maths/",
      ["^core/", "^slo/maths/"],
      "Bounds and quantiles know numbers, not runs: keep them testable against published tables.",
    ),
    only(
      "regression-compares",
      "^slo/regression/",
      ["^core/", "^slo/(checks|maths|regression)/"],
      "A comparison reads journals and history entries as values and counts the very samples the checks count; finding, keeping and refusing runs is for cli.",
    ),
    only(
      "capacity-searches",
      "^slo/capacity/",
      ["^core/", "^slo/(capacity|maths)/"],
      "The search asks and judges windows as values; loading a lab and keeping the answers is for cli.",
    ),
    only(
      "objectives-are-data",
      "^slo/objectives/",
      ["^core/", "^slo/(objectives|maths)/"],
      "Objectives are the targets as data, and what a run of some length can prove of them; judging is for slo/checks.",
    ),
    only(
      "probes-only-observe",
      "^slo/probes/",
      ["^core/", "^infra/clients/", "^slo/probes/"],
      "Observation is not judgement: a probe that knows a check could be blind in its favour.",
    ),
    only(
      "reports-only-draw",
      "^reports/",
      ["^core/", "^reports/"],
      "A report draws what the journal and the judgement say. A figure it needs belongs into one of them.",
    ),
    only(
      "infra-starts-and-does-not-judge",
      "^infra/",
      ["^core/", "^infra/"],
      "Infrastructure starts, stops and acts; it knows no load, no fault and no objective.",
    ),
    {
      name: "clients-know-no-components",
      comment:
        "A client speaks one protocol. Components, drivers and topologies use clients, never the other way round.",
      severity: "error",
      from: { path: "^infra/clients/" },
      to: { path: "^infra/", pathNot: "^infra/clients/" },
    },
    only(
      "scenarios-read-like-a-page",
      "^scenarios/",
      ["^core/", "^scenarios/", "/index\\.ts$"],
      "A scenario names things from the typed tables (index.ts) and never reaches into how they work.",
    ),
    only(
      "cli-composes",
      "^cli/",
      ["^(core|generators|chaos|infra|slo|reports|scenarios|cli)/"],
      "The command line composes the product; tests, tools and benchmarks stand outside it.",
    ),
    {
      name: "nobody-imports-test",
      comment: "What only tests need must not become part of the product.",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
    {
      name: "nobody-imports-cli",
      comment: "cli is the only composer. What two verbs share and others need lives in core.",
      severity: "error",
      from: { pathNot: "^(cli|test|bench)/" },
      to: { path: "^cli/" },
    },
    {
      name: "pure-folders-do-no-io",
      comment:
        "Generators, checks, maths, objectives, comparisons and reports take values and return values; reading and writing is for cli and infra.",
      severity: "error",
      from: {
        path: "^(generators|slo/(capacity|checks|maths|objectives|regression)|reports|scenarios)/",
        pathNot: NOT_LOADED_BY_NODE,
      },
      to: {
        dependencyTypes: ["core"],
        path: "^(node:)?(fs|net|http|https|http2|dgram|dns|tls|child_process|worker_threads|cluster)(/|$)",
      },
    },
    {
      name: "no-circular",
      comment:
        "Two files that need each other are one file, or hide a third. Types are no exception: move the shared one out.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment:
        "A file that nobody imports and that imports nothing is dead. Delete it, or add it to its index.",
      severity: "error",
      from: {
        orphan: true,
        pathNot: [
          "^cli/lakeproof\\.js$",
          "^generators/k6/",
          "\\.config\\.(js|ts)$",
          "\\.mjs$",
          "^test/",
          "^tools/",
        ],
      },
      to: {},
    },
    {
      name: "no-dev-dependencies-in-the-product",
      comment:
        "A package that the product imports must be a dependency, or it is missing after npm install.",
      severity: "error",
      from: { path: "^(core|generators|chaos|infra|slo|reports|scenarios|cli)/" },
      to: {
        dependencyTypes: ["npm-dev"],
        dependencyTypesNot: ["type-only"],
        pathNot: "node_modules/@types/",
      },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere fails only when that line runs.",
      severity: "error",
      from: { pathNot: NOT_LOADED_BY_NODE },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".d.ts", ".json"],
    },
  },
};
