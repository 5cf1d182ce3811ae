/** Trino's resource groups: what the coordinator refuses, and what the limits mean at the queries asked for. */
import type { Facts, ResourceGroup, ResourceGroups } from "../facts.ts";
import { count, percent, plural, span } from "../figures.ts";
import { MONTH_MS } from "../estimates.ts";
import type { Draft, LintRule } from "../rule.ts";

interface Placed {
  readonly file: string;
  /** "global.analytics". */
  readonly path: string;
  readonly group: ResourceGroup;
}

function placed(groups: ResourceGroups): readonly Placed[] {
  const walk = (group: ResourceGroup, parent: string): readonly Placed[] => {
    const path = parent === "" ? group.name : `${parent}.${group.name}`;
    const below = (group.subGroups ?? []).flatMap((child) => walk(child, path));
    return [{ file: groups.file, path, group }, ...below];
  };
  return groups.rootGroups.flatMap((group) => walk(group, ""));
}

function everyGroup(facts: Facts): readonly Placed[] {
  return facts.resourceGroups.flatMap(placed);
}

function isLeaf({ subGroups }: ResourceGroup): boolean {
  return (subGroups ?? []).length === 0;
}

/** A coordinator that refuses its configuration answers nothing at all. */
function refused(facts: Facts, message: string): string {
  const budgetMs = MONTH_MS * (1 - facts.targets.uptimeRatio);
  return `The coordinator refuses to start ("${message}"): 0 of ${count(facts.demand.rateQueriesPerS)} queries/s are answered, where ${percent(facts.targets.uptimeRatio)} uptime leaves ${span(budgetMs)} a month for everything.`;
}

export const trinoGroupsConcurrency: LintRule = {
  id: "trino-groups-concurrency",
  purpose: "Resource groups without hardConcurrencyLimit: the coordinator does not start.",
  needs: ["resourceGroups"],
  check: (facts) =>
    everyGroup(facts).flatMap(({ file, path, group }): readonly Draft[] => {
      const limit = group.hardConcurrencyLimit;
      if (limit === undefined) {
        return [
          {
            severity: "error",
            file,
            key: `${path}.hardConcurrencyLimit`,
            value: "not set",
            consequence: refused(facts, "Missing required property: hardConcurrencyLimit"),
            change: `Give ${path} a hardConcurrencyLimit: how many of its queries may run at once.`,
          },
        ];
      }
      if (limit > 0) return [];
      return [
        {
          severity: "error",
          file,
          key: `${path}.hardConcurrencyLimit`,
          value: String(limit),
          consequence: `Not one query of ${path} ever runs: all wait until its queue of ${count(group.maxQueued ?? 0)} is full, later ones are rejected.`,
          change: "Allow at least one query at a time.",
        },
      ];
    }),
};

const WEIGHTED = new Set(["weighted", "weighted_fair"]);

export const trinoGroupsWeights: LintRule = {
  id: "trino-groups-weights",
  purpose:
    "Scheduling policies and weights that Trino refuses or silently ignores, with the shares that result.",
  needs: ["resourceGroups"],
  check: (facts) => everyGroup(facts).flatMap((entry) => weightFindings(facts, entry)),
};

function weightFindings(facts: Facts, { file, path, group }: Placed): readonly Draft[] {
  const policy = group.schedulingPolicy;
  if (isLeaf(group)) {
    if (policy === undefined || !WEIGHTED.has(policy)) return [];
    return [
      {
        severity: "warning",
        file,
        key: `${path}.schedulingPolicy`,
        value: policy,
        consequence: `${path} has no groups below it: the policy only orders its own queue by query_priority and weighs it against nobody; between its neighbours nothing changes.`,
        change: `Put schedulingPolicy weighted_fair on the group above ${path}, and a schedulingWeight on each group below that.`,
      },
    ];
  }
  const children = group.subGroups ?? [];
  const weighted = children.filter(({ schedulingWeight }) => schedulingWeight !== undefined);
  if (weighted.length === 0) return [];
  const weights = `weights on ${String(weighted.length)} of ${plural(children.length, "group")}`;
  const base = {
    file,
    key: `${path}.schedulingPolicy`,
    value: `${policy ?? "not set"}, ${weights}`,
  };
  if (policy === undefined) return [ignoredWeights(base, children, weighted)];
  if (!WEIGHTED.has(policy)) {
    const message = `Must use 'weighted' or 'weighted_fair' scheduling policy if specifying scheduling weight for '${path}'`;
    return [
      {
        severity: "error",
        ...base,
        consequence: refused(facts, message),
        change: `Set ${path}.schedulingPolicy to weighted_fair, or take the weights away.`,
      },
    ];
  }
  if (weighted.length === children.length) return [];
  const message = `Must specify scheduling weight for all sub-groups of '${path}' or none of them`;
  return [
    {
      severity: "error",
      ...base,
      consequence: refused(facts, message),
      change: `Give every group below ${path} a schedulingWeight.`,
    },
  ];
}

function ignoredWeights(
  base: Pick<Draft, "file" | "key" | "value">,
  children: readonly ResourceGroup[],
  weighted: readonly ResourceGroup[],
): Draft {
  const sum = children.reduce((total, child) => total + (child.schedulingWeight ?? 1), 0);
  const shares = weighted.map(
    ({ name, schedulingWeight = 1 }) =>
      `${name} is meant to start ${percent(schedulingWeight / sum)} of the waiting queries and starts ${percent(1 / children.length)}`,
  );
  return {
    severity: "warning",
    ...base,
    consequence: `Without a policy the groups take turns (fair) and the weights are ignored without a word: ${shares.join("; ")}.`,
    change: "Set schedulingPolicy to weighted_fair, and a schedulingWeight on every group below.",
  };
}

function memoryRatio(limit: string | undefined): number {
  if (limit === undefined) return 1;
  const found = /^(\d+(?:\.\d+)?)\s*%$/.exec(limit);
  return found === null ? Number.NaN : Number(found[1]) / 100;
}

export const trinoGroupsMemory: LintRule = {
  id: "trino-groups-memory",
  purpose:
    "Sums of softMemoryLimit: memory no group may use, groups that can starve each other, limits above 100 %.",
  needs: ["resourceGroups"],
  check: (facts) =>
    everyGroup(facts).flatMap(({ file, path, group }): readonly Draft[] => {
      const own = memoryRatio(group.softMemoryLimit);
      const limit = {
        file,
        key: `${path}.softMemoryLimit`,
        value: group.softMemoryLimit ?? "100%",
      };
      if (own > 1) {
        return [
          {
            severity: "error",
            ...limit,
            consequence: refused(facts, "softMemoryLimit percentage is over 100%"),
            change: "Stay at or below 100%.",
          },
        ];
      }
      const children = group.subGroups ?? [];
      if (children.length < 2 || children.some((child) => child.softMemoryLimit === undefined))
        return [];
      const sum = children.reduce((total, child) => total + memoryRatio(child.softMemoryLimit), 0);
      const base = {
        file,
        key: `${path}.subGroups.softMemoryLimit`,
        value: children.map((child) => `${child.name} ${child.softMemoryLimit ?? ""}`).join(", "),
      };
      if (sum < own) {
        return [
          {
            severity: "note",
            ...base,
            consequence: `The groups may use ${percent(sum)} of the ${percent(own)} that ${path} may: ${percent((own - sum) / own)} of its memory stays empty while queries wait.`,
            change:
              "Let the limits of the groups add up to what the group above them has, or more.",
          },
        ];
      }
      if (!(sum > own)) return [];
      return [
        {
          severity: "note",
          ...base,
          consequence: `The limits add up to ${percent(sum)} of the cluster where ${path} has ${percent(own)}: they reserve nothing, and one busy group can leave the others ${percent(Math.max(0, own - Math.max(...children.map((child) => memoryRatio(child.softMemoryLimit)))))}.`,
          change: `Lower them to a sum of ${percent(own)} where one group must not starve another.`,
        },
      ];
    }),
};

export const trinoGroupsSelectors: LintRule = {
  id: "trino-groups-selectors",
  purpose: "Selectors that are missing, lead nowhere, or leave queries without a group.",
  needs: ["resourceGroups"],
  check: (facts) => facts.resourceGroups.flatMap((groups) => selectorFindings(facts, groups)),
};

function selectorFindings(facts: Facts, groups: ResourceGroups): readonly Draft[] {
  const { file, selectors } = groups;
  if (selectors === undefined) {
    return [
      {
        severity: "error",
        file,
        key: "selectors",
        value: "not set",
        consequence: refused(facts, "selectors is null"),
        change: "Add selectors, the last of them with a group and no condition.",
      },
    ];
  }
  const known = placed(groups);
  const wrong = selectors.flatMap((selector, index): readonly Draft[] => {
    const target = selector["group"];
    if (typeof target !== "string" || target.includes("${")) return [];
    const found = known.find(({ path }) => path === target);
    if (found !== undefined && isLeaf(found.group)) return [];
    return [
      {
        severity: "error",
        file,
        key: `selectors[${String(index)}].group`,
        value: target,
        consequence:
          found === undefined
            ? refused(facts, `Selector refers to nonexistent group: ${target}`)
            : `${target} has groups below it and takes no queries itself: every query this selector picks fails with INVALID_RESOURCE_GROUP.`,
        change: `Name a group without groups below it: ${known
          .filter(({ group }) => isLeaf(group))
          .map(({ path }) => path)
          .join(", ")}.`,
      },
    ];
  });
  const catchesAll = selectors.some((selector) =>
    Object.keys(selector).every((key) => key === "group"),
  );
  if (catchesAll) return wrong;
  return [
    ...wrong,
    {
      severity: selectors.length === 0 ? "error" : "warning",
      file,
      key: "selectors",
      value: plural(selectors.length, "selector"),
      consequence:
        selectors.length === 0
          ? `All ${count(facts.demand.rateQueriesPerS)} queries/s end as QUERY_REJECTED: no selector picks a group for them.`
          : `A query that none of the ${plural(selectors.length, "condition")} fits is not queued but rejected (QUERY_REJECTED); ${count(1 / facts.targets.errorRatio)} queries may hold one such before the ${percent(facts.targets.errorRatio)} error objective is gone.`,
      change: "End the list with a selector that has a group and no condition.",
    },
  ];
}

export const trinoGroupsQueue: LintRule = {
  id: "trino-groups-queue",
  purpose:
    "Concurrency against the queries asked for: how short they must be, and the seconds until the queue is full.",
  needs: ["resourceGroups"],
  check: (facts) => [
    ...facts.resourceGroups.flatMap(({ file, rootGroups }) =>
      rootGroups.flatMap((group) => queueFinding(facts, file, group)),
    ),
    ...everyGroup(facts).flatMap(({ file, path, group }): readonly Draft[] =>
      group.maxQueued === undefined
        ? [
            {
              severity: "warning",
              file,
              key: `${path}.maxQueued`,
              value: "not set (0)",
              consequence: `Nothing queues in ${path}: query ${count((group.hardConcurrencyLimit ?? 0) + 1)} at the same time fails at once with QUERY_QUEUE_FULL.`,
              change: "Set maxQueued to what may wait.",
            },
          ]
        : [],
    ),
  ],
};

/** What may run at once: no more than the group allows, and no more than its leaves do together. */
function concurrencyOf(group: ResourceGroup): number {
  const own = group.hardConcurrencyLimit ?? Number.NaN;
  if (isLeaf(group)) return own;
  const below = (group.subGroups ?? []).reduce((sum, child) => sum + concurrencyOf(child), 0);
  return Number.isNaN(below) ? own : Math.min(own, below);
}

function queueFinding(facts: Facts, file: string, group: ResourceGroup): readonly Draft[] {
  const { demand, targets } = facts;
  const concurrency = concurrencyOf(group);
  const rate = demand.rateQueriesPerS;
  const breakEvenMs = (concurrency / rate) * 1000;
  if (!(breakEvenMs < targets.queryMs)) return [];
  const growthPerS = rate - concurrency / (targets.queryMs / 1000);
  const full = (group.maxQueued ?? 0) / growthPerS;
  const waitMs = ((group.maxQueued ?? 0) / (concurrency / (targets.queryMs / 1000))) * 1000;
  return [
    {
      severity: breakEvenMs < targets.simpleQueryMs ? "error" : "warning",
      file,
      key: `${group.name}.hardConcurrencyLimit`,
      value: `${String(concurrency)} at once, maxQueued ${count(group.maxQueued ?? 0)}`,
      consequence: `At ${count(rate)} queries/s the groups keep up only while the mean query takes less than ${span(breakEvenMs)}; at the ${span(targets.queryMs)} the objective allows, ${count(growthPerS)} a second are left over, the queue is full after ${span(full * 1000)}, and the last one in it waits ${span(waitMs)}.`,
      change: `Allow ${count(rate * (targets.queryMs / 1000))} at once (${count(rate)}/s × ${span(targets.queryMs)}) and size the workers for it, or offer less.`,
    },
  ];
}
