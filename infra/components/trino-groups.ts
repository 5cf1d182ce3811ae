/** Trino's resource groups. */

/**
 * The seed's groups in the form Trino accepts: every group has a concurrency limit, and selectors say who
 * goes where. The limits also protect a cold engine: with dozens of queries at once on two cores its
 * compiler threads starve, and everything stays interpreted.
 */
export const RESOURCE_GROUPS = {
  rootGroups: [
    {
      name: "global",
      softMemoryLimit: "100%",
      // The sum of its groups: a long compaction must not take a place from those that are measured.
      hardConcurrencyLimit: 6,
      maxQueued: 1000,
      schedulingPolicy: "weighted_fair",
      subGroups: [
        {
          name: "executive",
          softMemoryLimit: "60%",
          hardConcurrencyLimit: 2,
          maxQueued: 50,
          schedulingWeight: 3,
        },
        {
          name: "analytics",
          softMemoryLimit: "60%",
          hardConcurrencyLimit: 1,
          maxQueued: 200,
          schedulingWeight: 1,
        },
        {
          // Those who watch the engine must not wait behind those who use it.
          name: "operations",
          softMemoryLimit: "60%",
          hardConcurrencyLimit: 2,
          maxQueued: 50,
          schedulingWeight: 3,
        },
        {
          // One at a time: two compactions would only conflict, and take twice the memory.
          name: "maintenance",
          softMemoryLimit: "40%",
          hardConcurrencyLimit: 1,
          maxQueued: 10,
          schedulingWeight: 1,
        },
      ],
    },
    {
      // Past the groups, with the engine's own limits: what the mixed experiment compares them with.
      name: "open",
      softMemoryLimit: "100%",
      hardConcurrencyLimit: 100,
      maxQueued: 1000,
    },
  ],
  selectors: [
    { source: "lakeproof-open-.*", group: "open" },
    { source: "lakeproof-(reader|probe|baseline)", group: "global.operations" },
    { source: "lakeproof-(complex|large)", group: "global.analytics" },
    { source: "lakeproof-maintenance", group: "global.maintenance" },
    { group: "global.executive" },
  ],
} as const;
