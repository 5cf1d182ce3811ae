/** haproxy.cfg: sections with their lines as words, and what a section has from its defaults. */
import type { HaproxyConfig, HaproxySection } from "../facts.ts";

const SECTIONS = new Set([
  ...["global", "defaults", "frontend", "backend", "listen", "resolvers", "peers", "userlist"],
  ...["cache", "mailers", "program", "http-errors", "ring"],
]);

export function parseHaproxy(file: string, text: string): HaproxyConfig {
  const sections: (HaproxySection & { readonly lines: (readonly string[])[] })[] = [];
  for (const line of text.split(/\r?\n/)) {
    const words = line
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .split(/\s+/);
    const [first = "", second = ""] = words;
    if (first === "") continue;
    if (SECTIONS.has(first)) sections.push({ kind: first, name: second, lines: [] });
    else sections.at(-1)?.lines.push(words);
  }
  return { file, sections };
}

/** Words after the directive, of its last occurrence in the section. */
export function directive(
  section: HaproxySection,
  ...name: readonly string[]
): readonly string[] | undefined {
  const found = section.lines.findLast((words) => name.every((word, at) => words[at] === word));
  return found?.slice(name.length);
}

/** The directive in the section itself, or in the defaults that stand before it. */
export function inherited(
  config: HaproxyConfig,
  section: HaproxySection,
  ...name: readonly string[]
): readonly string[] | undefined {
  const own = directive(section, ...name);
  if (own !== undefined) return own;
  const position = config.sections.indexOf(section);
  const defaults = config.sections.slice(0, position).findLast(({ kind }) => kind === "defaults");
  return defaults === undefined ? undefined : directive(defaults, ...name);
}

/** "backend bi", "global". */
export function sectionName(section: HaproxySection): string {
  return section.name === "" ? section.kind : `${section.kind} ${section.name}`;
}

/** Sections that send requests to servers. */
export function backendsOf(config: HaproxyConfig): readonly HaproxySection[] {
  return config.sections.filter(
    (section) =>
      (section.kind === "backend" || section.kind === "listen") && serversOf(section).length > 0,
  );
}

export interface HaproxyServer {
  readonly name: string;
  readonly words: readonly string[];
}

export function serversOf(section: HaproxySection): readonly HaproxyServer[] {
  const defaults = directive(section, "default-server") ?? [];
  return section.lines.flatMap(([word, name, , ...rest]) =>
    word === "server" && name !== undefined ? [{ name, words: [...defaults, ...rest] }] : [],
  );
}

export function modeOf(config: HaproxyConfig, section: HaproxySection): string {
  return inherited(config, section, "mode")?.[0] ?? "tcp";
}

/** What a backend asks its servers, as far as its lines or its defaults say. */
export function checkText(config: HaproxyConfig, section: HaproxySection): string {
  const option = inherited(config, section, "option", "httpchk") ?? [];
  return [...option, ...section.lines.filter(([first]) => first === "http-check").flat()].join(" ");
}

/** A check that only the leader of a cluster answers. */
export const LEADER_CHECK = /\/(primary|leader|master|read-write)\b/;

/** "host:port" of what leads to the leader of a cluster, whoever that is. */
export function leaderAddresses(configs: readonly HaproxyConfig[]): readonly string[] {
  return configs.flatMap((config) => {
    const leaders = backendsOf(config)
      .filter((section) => LEADER_CHECK.test(checkText(config, section)))
      .map(({ name }) => name);
    const leads = (section: HaproxySection): boolean =>
      (section.kind === "listen" && leaders.includes(section.name)) ||
      leaders.includes(directive(section, "default_backend")?.[0] ?? "");
    return config.sections
      .filter(leads)
      .flatMap(({ lines }) =>
        lines.flatMap(([word, address]) =>
          word === "bind" && address !== undefined ? [address] : [],
        ),
      );
  });
}
