/** The texts of the bank's rows: names, addresses and JSON payloads of declared size and entropy. */
import type { BankProfile } from "../core/contracts/plan.ts";
import { LakeproofError } from "../core/errors.ts";
import type { Dictionaries } from "./dictionaries.ts";
import { putInteger, putPiece, putText } from "./json-bytes.ts";
import { mix32, Random, streamKey } from "./random.ts";
import type { StreamKey } from "./random.ts";

const SYMBOLS = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const SYMBOLS_PER_DRAW = 5;
/** What the compressible share of a text repeats. */
const FILLER = "lakeproof-";

const USER_STATUSES = ["active", "active", "active", "dormant", "blocked"] as const;

export interface UserTexts {
  readonly email: string;
  readonly name: string;
  readonly status: string;
  readonly data: string;
}

/**
 * Every text is a pure function of the seed, the ordinal of its row and, where it changes from version to
 * version, the row's seq: an older version is made again, not remembered.
 */
export class BankTexts {
  readonly #words: Dictionaries;
  readonly #cities: readonly Uint8Array[];
  readonly #memos: readonly Uint8Array[];
  readonly #profile: BankProfile;
  readonly #random = new Random(0n);
  readonly #identities: StreamKey;
  readonly #versions: StreamKey;
  readonly #memosKey: StreamKey;
  readonly #notes: StreamKey;
  readonly #payload: FillableText;
  readonly #wide: FillableText;
  /** Texts are put together here: joined strings would have to be flattened for every later look at them. */
  readonly #scratch: Buffer;

  constructor(seed: bigint, words: Dictionaries, profile: BankProfile) {
    this.#words = words;
    this.#cities = words.cities.map((word) => bytesOf(JSON.stringify(word)));
    this.#memos = words.memos.map((word) => bytesOf(JSON.stringify(word)));
    this.#profile = profile;
    this.#identities = streamKey(seed, "user identity");
    this.#versions = streamKey(seed, "user version");
    this.#memosKey = streamKey(seed, "account version");
    this.#notes = streamKey(seed, "note");
    this.#payload = fillable(profile.payloadBytes, profile.entropyRatio);
    this.#wide = fillable(profile.wideBytes, profile.entropyRatio);
    const wordBytesMax = Math.max(...[...this.#cities, ...this.#memos].map(({ length }) => length));
    this.#scratch = Buffer.alloc(
      FRAME_BYTES_MAX + wordBytesMax + profile.payloadBytes + profile.wideBytes,
    );
  }

  user(ordinal: number, seq: number): UserTexts {
    const random = this.#random;
    random.restart(this.#identities, ordinal, 0);
    const first = pickOne(random, this.#words.firstNames);
    const last = pickOne(random, this.#words.lastNames);
    const domain = pickOne(random, this.#words.domains);
    random.restart(this.#versions, ordinal, seq);
    const status = pickOne(random, USER_STATUSES);
    return {
      email: [first.slug, ".", last.slug, ".", String(ordinal), "@", domain].join(""),
      name: [first.text, " ", last.text].join(""),
      status,
      data: this.#userData(random, ordinal),
    };
  }

  /** Payload of an account version: what happened to it last, a word of plain ASCII. */
  accountData(ordinal: number, seq: number, last: string): string {
    const random = this.#random;
    const scratch = this.#scratch;
    random.restart(this.#memosKey, ordinal, seq);
    let at = putPiece(scratch, 0, LAST);
    at = putText(scratch, at, last);
    at = putPiece(scratch, at, MEMO);
    at = putPiece(scratch, at, pickOne(random, this.#memos));
    at = putPiece(scratch, at, REF);
    at = putFillable(scratch, at, random, this.#payload);
    at = this.#putNote(at, ordinal, 1, this.#profile.wideAccountRatio);
    return scratch.toString("utf8", 0, putPiece(scratch, at, END));
  }

  #userData(random: Random, ordinal: number): string {
    const scratch = this.#scratch;
    let at = putPiece(scratch, 0, CITY);
    at = putPiece(scratch, at, pickOne(random, this.#cities));
    at = putPiece(scratch, at, PHONE);
    at = putInteger(scratch, at, random.between(10_000_000_000, 99_999_999_999));
    at = putPiece(scratch, at, REF_AFTER_TEXT);
    at = putFillable(scratch, at, random, this.#payload);
    at = this.#putNote(at, ordinal, 0, this.#profile.wideUserRatio);
    return scratch.toString("utf8", 0, putPiece(scratch, at, END));
  }

  /** Out of line where wide enough; the same in every version of a row, as a document on file is. */
  #putNote(at: number, ordinal: number, table: number, wideRatio: number): number {
    if (wideRatio === 0) return at;
    const drawn = mix32(this.#notes.low + mix32(ordinal ^ this.#notes.high) + table) >>> 0;
    if (drawn >= wideRatio * 0x1_0000_0000) return at;
    this.#random.restart(this.#notes, ordinal, table);
    return putFillable(this.#scratch, putPiece(this.#scratch, at, NOTE), this.#random, this.#wide);
  }
}

/** More than all pieces around words, payload and note together. */
const FRAME_BYTES_MAX = 128;
const LAST = bytesOf('{"last":"');
const MEMO = bytesOf('","memo":');
const CITY = bytesOf('{"city":');
const PHONE = bytesOf(',"phone":"+');
const REF = bytesOf(',"ref":"');
const REF_AFTER_TEXT = bytesOf('","ref":"');
const NOTE = bytesOf('","note":"');
const END = bytesOf('"}');

/** So many random symbols of 6 bits each, which no codec can compress below three quarters, then the filler. */
interface FillableText {
  readonly symbolCount: number;
  readonly filler: Uint8Array;
}

function fillable(length: number, entropyRatio: number): FillableText {
  const symbolCount = Math.round(length * entropyRatio);
  const fillerLength = length - symbolCount;
  const repeated = FILLER.repeat(Math.ceil(fillerLength / FILLER.length));
  return { symbolCount, filler: bytesOf(repeated.slice(0, fillerLength)) };
}

function putFillable(
  bytes: Uint8Array,
  start: number,
  random: Random,
  { symbolCount, filler }: FillableText,
): number {
  const end = start + symbolCount;
  for (let at = start; at < end; at += SYMBOLS_PER_DRAW) {
    let bits = random.uint32();
    const stop = Math.min(end, at + SYMBOLS_PER_DRAW);
    for (let symbol = at; symbol < stop; symbol += 1) {
      bytes[symbol] = SYMBOLS[bits & 63] ?? 0;
      bits >>>= 6;
    }
  }
  return putPiece(bytes, end, filler);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function pickOne<T>(random: Random, options: readonly T[]): T {
  const option = options[random.index(options.length)];
  if (option === undefined) {
    throw new LakeproofError("INTERNAL", "Nothing can be picked from an empty dictionary.", {
      hint: "Build the dictionaries with buildDictionaries.",
    });
  }
  return option;
}
