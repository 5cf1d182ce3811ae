/** The text that a program answers to a scrape, read into samples. */

export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Comments and lines that are no sample are passed over. */
export function parseExposition(text: string): readonly ExposedSample[] {
  return text.split("\n").flatMap((line): readonly ExposedSample[] => {
    const match = line.startsWith("#") ? null : LINE.exec(line);
    if (match?.[1] === undefined) return [];
    const labels = [...(match[2] ?? "").matchAll(LABEL)].map(([, name = "", value = ""]) => [
      name,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
    ]);
    const value = Number((match[3] ?? "").replace("Inf", "Infinity"));
    return [
      {
        name: match[1],
        labels: Object.fromEntries(labels) as Readonly<Record<string, string>>,
        value,
      },
    ];
  });
}
