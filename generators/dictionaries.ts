/** Word lists for the bank's texts, drawn once from faker so that the hot path only picks from arrays. */
import { faker as german } from "@faker-js/faker/locale/de";
import { faker as english } from "@faker-js/faker/locale/en";
import { subSeed } from "./random.ts";

const NAME_COUNT = 300;
const DOMAIN_COUNT = 100;
const CITY_COUNT = 200;
const MEMO_COUNT = 100;

export interface NameEntry {
  readonly text: string;
  /** Lower-case ASCII form for e-mail addresses. */
  readonly slug: string;
}

export interface Dictionaries {
  readonly firstNames: readonly NameEntry[];
  readonly lastNames: readonly NameEntry[];
  readonly domains: readonly string[];
  readonly cities: readonly string[];
  readonly memos: readonly string[];
}

/** Same seed and same faker version, same lists. Two languages, so that non-ASCII text is on the wire. */
export function buildDictionaries(seed: bigint): Dictionaries {
  english.seed(Number(subSeed(seed, "dictionaries", "en") & 0x7fff_ffffn));
  german.seed(Number(subSeed(seed, "dictionaries", "de") & 0x7fff_ffffn));
  const mixed = (count: number, draw: (faker: typeof english) => string): readonly string[] =>
    Array.from({ length: count }, (_, index) => draw(index % 3 === 0 ? german : english));
  return {
    firstNames: mixed(NAME_COUNT, (faker) => faker.person.firstName()).map(nameEntry),
    lastNames: mixed(NAME_COUNT, (faker) => faker.person.lastName()).map(nameEntry),
    domains: mixed(DOMAIN_COUNT, (faker) => faker.internet.domainName()),
    cities: mixed(CITY_COUNT, (faker) => faker.location.city()),
    memos: mixed(MEMO_COUNT, (faker) => faker.commerce.productName()),
  };
}

function nameEntry(text: string): NameEntry {
  const ascii = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z]/g, "");
  return { text, slug: ascii === "" ? "x" : ascii };
}
