/** What ran where: instances, the machine against the seed's specification, versions, and every deviation. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { specTotals } from "../core/seed-spec.ts";
import { deviationsOf, isAsSpecified, nodeLines } from "./deviations.ts";
import type { NodeLine } from "./deviations.ts";
import {
  formatBytes,
  formatClock,
  formatDurationMs,
  formatNumber,
  NONE,
  plural,
} from "./format.ts";
import { definitions, foldedTable, scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Fragment, Markup } from "./markup.ts";

export function topology(journal: JournalReader): Markup {
  const { plan } = journal;
  const rows = instanceRows(journal);
  return html`<section id="environment">
    <h2>Topology</h2>
    <p class="lead">
      Topology ${plan.topology.name}, driver ${plan.driver}, isolation ${plan.isolation}.
      ${memoryBeforeLoad(journal)}
    </p>
    ${rows.length === 0 ? html`<p class="none">no samples: no instance became ready</p>` : instanceTable(rows)}
  </section>`;
}

/** The first look at every instance is taken when it is ready and nothing was asked of it yet. */
function memoryBeforeLoad(journal: JournalReader): string {
  const first = new Map<string, number>();
  for (const { instanceId, rssBytes } of journal.of("instance.memory")) {
    if (!first.has(instanceId)) first.set(instanceId, rssBytes);
  }
  if (first.size === 0) return "";
  const sum = [...first.values()].reduce((all, bytes) => all + bytes, 0);
  return `At the first look ${plural(first.size, "instance")} held ${formatBytes(sum)} together.`;
}

function instanceTable(rows: readonly (readonly Fragment[])[]): Markup {
  return scrollTable({
    label: "Instances",
    heads: [
      "Instance",
      "Component",
      "Address",
      "Ready at",
      "Start took",
      "CPU until ready",
      "Restarts",
      "Memory, first",
      "Memory, largest",
      "Memory, planned",
    ],
    rows,
    left: true,
  });
}

function instanceRows(journal: JournalReader): readonly (readonly Fragment[])[] {
  const ready = Map.groupBy(journal.of("instance.ready"), (event) => event.instanceId);
  const memory = Map.groupBy(journal.of("instance.memory"), (event) => event.instanceId);
  return [...ready].map(([instanceId, events]) => {
    const first = events.find((event) => !event.restart) ?? events[0];
    const samples = (memory.get(instanceId) ?? []).map((event) => event.rssBytes);
    const largest =
      samples.length === 0 ? NONE : formatBytes(samples.reduce((a, b) => Math.max(a, b)));
    const [firstBytes] = samples;
    const planned = plannedMemoryMiB(journal, instanceId);
    return [
      instanceId,
      first?.component ?? NONE,
      html`<code>${first?.address ?? NONE}</code>`,
      formatClock(first?.atMs ?? 0),
      formatDurationMs(first?.readyMs ?? Number.NaN),
      first?.readyCpuMs === undefined ? NONE : formatDurationMs(first.readyCpuMs),
      formatNumber(events.filter((event) => event.restart).length),
      firstBytes === undefined ? NONE : formatBytes(firstBytes),
      largest,
      planned === undefined ? NONE : `${formatNumber(planned)} MiB`,
    ];
  });
}

/** Instance ids are service name + ordinal; the longest service name that fits is the one. */
function plannedMemoryMiB(journal: JournalReader, instanceId: string): number | undefined {
  const services = Object.entries(journal.plan.topology.services)
    .filter(([service]) => instanceId.startsWith(service))
    .sort(([one], [other]) => other.length - one.length);
  return services[0]?.[1].memoryMiB;
}

const COMPARED = ["Seed asks for", "This run had", "Same?"];

export function environment(journal: JournalReader): Markup {
  const { environment: machine, plan } = journal;
  const lines = nodeLines(plan);
  const versions = Object.entries(machine.versions);
  return html`<section>
    <h2>Environment against the seed's specification</h2>
    <h3>The machine</h3>
    ${scrollTable({ label: "Machine", heads: ["", ...COMPARED], rows: machineRows(journal), left: true })}
    <h3>Node by node</h3>
    ${scrollTable({ label: "Node by node", heads: ["Node", ...COMPARED], rows: lines.map(nodeRow), left: true })}
    <h3>Versions</h3>
    ${
      versions.length === 0
        ? html`<p class="none">not recorded</p>`
        : definitions("versions", versions)
    }
    ${digests(machine.configDigests)}
  </section>`;
}

function machineRows(journal: JournalReader): readonly (readonly Fragment[])[] {
  const { environment: machine } = journal;
  const totals = specTotals();
  const memoryGiB = machine.memoryBytes / 2 ** 30;
  const oneMachine = journal.plan.driver === "local" || journal.plan.driver === "docker";
  const diskFree = `${formatBytes(machine.diskFreeBytes)} free`;
  const unknown: Fragment = oneMachine ? sameMark(false) : "not recorded";
  return [
    [
      "Cores",
      `at least ${formatNumber(totals.cpuCount)} over ${plural(totals.nodeCount, "node")}`,
      `${formatNumber(machine.cpuCount)} (${machine.cpuModel})`,
      sameMark(machine.cpuCount >= totals.cpuCount),
    ],
    [
      "Memory",
      `at least ${formatNumber(totals.memoryGiB)} GiB`,
      formatBytes(machine.memoryBytes),
      sameMark(memoryGiB >= totals.memoryGiB),
    ],
    [
      "Storage",
      "own SSD or NVMe drives for each node",
      oneMachine ? `one shared disk, ${diskFree}` : diskFree,
      unknown,
    ],
    ["Network", "25 Gbps between nodes", journal.plan.isolation, unknown],
    [
      "System",
      NONE,
      `${machine.osName}, kernel ${machine.kernel}, Node ${machine.nodeVersion}`,
      NONE,
    ],
  ];
}

function nodeRow(line: NodeLine): readonly Fragment[] {
  const { spec, nodeCount, memoryMiB, services } = line;
  const hardware = [
    spec.cpuCount === undefined ? "" : plural(spec.cpuCount, "core"),
    spec.memoryGiB === undefined ? "" : `${formatNumber(spec.memoryGiB)} GiB`,
    spec.storage ?? "",
    spec.network ?? "",
  ].filter((part) => part !== "");
  const asked = `${formatNumber(spec.nodeCount)} × ${hardware.length === 0 ? "hardware not named" : hardware.join(", ")} (§${spec.section})`;
  const had =
    nodeCount === 0 || memoryMiB === undefined
      ? "none"
      : `${formatNumber(nodeCount)} × ${formatNumber(memoryMiB)} MiB (${services.join(", ")})`;
  return [spec.node, asked, had, nodeMark(line)];
}

function nodeMark(line: NodeLine): Markup {
  const { cpuCount, memoryGiB } = line.spec;
  return isAsSpecified(line) && cpuCount === undefined && memoryGiB === undefined
    ? html`<span class="same">✔ same count</span>`
    : sameMark(isAsSpecified(line));
}

function sameMark(same: boolean): Markup {
  return same
    ? html`<span class="same">✔ same</span>`
    : html`<span class="differs">✘ differs</span>`;
}

function digests(all: Readonly<Record<string, string>>): Markup {
  const entries = Object.entries(all);
  if (entries.length === 0) return NOTHING;
  return foldedTable(
    {
      label: "Configuration digests",
      heads: ["Instance", "Digest"],
      rows: entries.map(([name, digest]) => [name, html`<code>${digest}</code>`]),
      left: true,
    },
    "Configuration digests (SHA-256)",
  );
}

export function deviations(journal: JournalReader): Markup {
  const lines = deviationsOf(journal);
  const notes = [
    ...journal.of("note").map((note) => `${formatClock(note.atMs)} ${note.text}`),
    ...blindProbes(journal),
  ];
  return html`<section id="deviations">
    <h2>Deviations from the seed</h2>
    ${
      lines.length === 0
        ? html`<p class="none">None that the plan shows.</p>`
        : html`<ul class="deviations">
            ${lines.map((line) => html`<li>${line}</li>`)}
          </ul>`
    }
    ${
      notes.length === 0
        ? NOTHING
        : html`<h3>Notes of the run</h3>
            <ul class="deviations">
              ${notes.slice(0, 50).map((note) => html`<li>${note}</li>`)}
            </ul>
            ${notes.length > 50 ? html`<p>… and ${formatNumber(notes.length - 50)} more in journal.ndjson.</p>` : NOTHING}`
    }
  </section>`;
}

function blindProbes(journal: JournalReader): readonly string[] {
  const groups = Map.groupBy(journal.of("probe.blind"), (event) => event.probe);
  return [...groups].map(
    ([probe, events]) =>
      `Probe ${probe} was blind ${plural(events.length, "time")}, last at ${formatClock(events.at(-1)?.atMs ?? 0)}: ${events.at(-1)?.reason ?? NONE}`,
  );
}
