/** The texts of the bank's rows: names, addresses and JSON payloads with some real entropy in them. */
import { LakeproofError } from "../core/errors.ts";
import type { Dictionaries } from "./dictionaries.ts";
import type { Random } from "./random.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SYMBOLS_PER_DRAW = 5;
const WIDE_NOTE_LENGTH = 2_000;
const WIDE_EVERY = 100;
const WIDE_OFFSET = 7;

/** One user in a hundred carries about 2 KB in every version, enough for PostgreSQL to TOAST it. */
function isWideUser(ordinal: number): boolean {
  return ordinal % WIDE_EVERY === WIDE_OFFSET;
}

/** Text of `length` symbols with 6 random bits each: what no codec can compress away. */
function entropyText(random: Random, length: number): string {
  let text = "";
  while (text.length < length) {
    let bits = random.uint32();
    for (let index = 0; index < SYMBOLS_PER_DRAW && text.length < length; index += 1) {
      text += ALPHABET.charAt(bits & 63);
      bits >>>= 6;
    }
  }
  return text;
}

export interface UserTexts {
  readonly email: string;
  readonly name: string;
  readonly data: string;
}

export function userTexts(random: Random, words: Dictionaries, ordinal: number): UserTexts {
  const first = pickOne(random, words.firstNames);
  const last = pickOne(random, words.lastNames);
  const payload = {
    city: pickOne(random, words.cities),
    phone: `+${String(random.between(10_000_000_000, 99_999_999_999))}`,
    ref: entropyText(random, 16),
    ...(isWideUser(ordinal) ? { note: entropyText(random, WIDE_NOTE_LENGTH) } : {}),
  };
  const domain = pickOne(random, words.domains);
  return {
    email: `${first.slug}.${last.slug}.${String(ordinal)}@${domain}`,
    name: `${first.text} ${last.text}`,
    data: JSON.stringify(payload),
  };
}

/** Payload of an account version: what happened to it last. */
export function accountData(random: Random, words: Dictionaries, last: string): string {
  const payload = { last, memo: pickOne(random, words.memos), ref: entropyText(random, 16) };
  return JSON.stringify(payload);
}

export function pickOne<T>(random: Random, options: readonly T[]): T {
  const option = options[random.below(options.length)];
  if (option === undefined) {
    throw new LakeproofError("INTERNAL", "Nothing can be picked from an empty dictionary.", {
      hint: "Build the dictionaries with buildDictionaries.",
    });
  }
  return option;
}
