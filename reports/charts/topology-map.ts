/** Every instance by service, with its worst state of the run, or with its state at the cursor's time. */
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import { faultWindows } from "../../core/timeline.ts";
import type { FaultWindow } from "../../core/timeline.ts";
import { formatClock, plural } from "../format.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";

type State = "absent" | "up" | "faulted" | "mending";

/** A shape and a word go together with the colour. */
const STATES: Readonly<Record<State, { readonly symbol: string; readonly name: string }>> = {
  absent: { symbol: "○", name: "not ready yet" },
  up: { symbol: "●", name: "up" },
  mending: { symbol: "◐", name: "recovering" },
  faulted: { symbol: "✘", name: "fault in force" },
};
const WORST: readonly State[] = ["faulted", "mending", "up", "absent"];

interface Change {
  readonly atMs: number;
  readonly state: State;
  readonly why: string;
}

interface Instance {
  readonly id: string;
  readonly changes: readonly Change[];
}

export function topologyMap(journal: JournalReader): Markup {
  const instances = instancesOf(journal);
  if (instances.length === 0) return NOTHING;
  const services = [...Map.groupBy(instances, ({ id }) => id.replace(/-\d+$/, ""))];
  const hurt = instances.filter((one) => worstOf(one) !== "up").length;
  return html`<figure class="chart full" id="topology-map">
    <figcaption>
      <b>Instances and what became of them</b>
      <span class="unit" data-map-time="worst state of the run">worst state of the run</span>
      <ul class="legend">
        ${Object.values(STATES).map(({ symbol, name }) => html`<li><i class="key k-mark">${symbol}</i>${name}</li>`)}
      </ul>
    </figcaption>
    <div
      class="map"
      role="img"
      aria-label="${plural(instances.length, "instance")} of ${plural(services.length, "service")}; ${String(hurt)} had a fault in force or were not up all the time. The table below has each."
    >
      ${services.map(
        ([service, own]) =>
          html`<div class="service">
            <b>${service}</b>
            ${own.map(node)}
          </div> `,
      )}
    </div>
    ${twin(instances)}
  </figure> `;
}

function node(instance: Instance): Markup {
  const state = worstOf(instance);
  const states = instance.changes.map(
    (change) => `${String(Math.round(change.atMs))}:${change.state}`,
  );
  const number = /-(\d+)$/.exec(instance.id)?.[1] ?? "";
  return html`<span class="node s-${state}" data-states="${states.join(" ")}"
    ><i>${STATES[state].symbol}</i>${number}</span
  >`;
}

/** For the script: the same shapes. */
export const STATE_SYMBOLS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(STATES).map(([state, { symbol }]) => [state, symbol]),
);

function worstOf({ changes }: Instance): State {
  return WORST.find((state) => changes.some((change) => change.state === state)) ?? "absent";
}

function instancesOf(journal: JournalReader): readonly Instance[] {
  const ready = Map.groupBy(journal.of("instance.ready"), (event) => event.instanceId);
  const windows = faultWindows(journal);
  const hits = windows.map((window): Hit => ({ window, ids: hitBy(journal, window) }));
  const ids = new Set([...ready.keys(), ...hits.flatMap((hit) => hit.ids)]);
  return [...ids].map((id) => ({
    id,
    changes: [...starts(ready.get(id) ?? []), ...faultChanges(id, hits)].sort(
      (a, b) => a.atMs - b.atMs,
    ),
  }));
}

interface Hit {
  readonly window: FaultWindow;
  readonly ids: readonly string[];
}

/** A role is looked up when the fault is injected: its undo names the instances, the plan may not. */
function hitBy(journal: JournalReader, { entry }: FaultWindow): readonly string[] {
  const named = journal
    .of("fault.changed")
    .flatMap(({ id, undo }) =>
      id === entry.id && undo !== undefined && "instanceIds" in undo ? undo.instanceIds : [],
    );
  return named.length > 0 ? [...new Set(named)] : [entry.instanceId];
}

function starts(events: readonly EventOf<"instance.ready">[]): readonly Change[] {
  return events
    .filter(({ restart }) => !restart)
    .map(({ atMs }) => ({ atMs, state: "up", why: "ready" }));
}

function faultChanges(id: string, hits: readonly Hit[]): readonly Change[] {
  return hits
    .filter(({ ids }) => ids.includes(id))
    .flatMap(({ window: { entry, fromMs, healedMs, recoveredMs } }): readonly Change[] => [
      { atMs: fromMs, state: "faulted", why: `${entry.id} ${entry.fault}` },
      ...(healedMs === undefined
        ? []
        : [{ atMs: healedMs, state: "mending" as const, why: `${entry.id} undone` }]),
      ...(recoveredMs === undefined
        ? []
        : [{ atMs: recoveredMs, state: "up" as const, why: `${entry.id} recovered` }]),
    ]);
}

function twin(instances: readonly Instance[]): Markup {
  return foldedTable({
    label: "Instances and their states as a table",
    caption: "From each time on",
    heads: ["instance", "from", "state", "why"],
    rows: instances.flatMap(({ id, changes }) =>
      changes.map(({ atMs, state, why }) => [id, formatClock(atMs), STATES[state].name, why]),
    ),
    left: true,
  });
}
