/**
 * Who owns what in one lane, by arithmetic: every three customers hold six accounts, one, two and three of
 * them in an order that the seed draws. Nothing is stored, however many users there are.
 */
import { mix32 } from "./random.ts";
import type { StreamKey } from "./random.ts";

const BLOCK_USERS = 3;
const BLOCK_ACCOUNTS = 6;
/** User 0 is the bank itself, with account 0. */
const HOUSE_COUNT = 1;

/** Accounts of the three customers of a block. */
const BLOCK_COUNTS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
] as const;

/** Users and accounts by ordinal, both from 0. */
export class Population {
  readonly userCount: number;
  /** Accounts there are from the beginning. */
  readonly accountCount: number;
  readonly #key: StreamKey;

  constructor(userCount: number, key: StreamKey) {
    this.userCount = userCount;
    this.#key = key;
    this.accountCount = this.firstAccountOf(userCount);
  }

  /** Ordinal of the user's first account; `userCount` gives the end of the last user's. */
  firstAccountOf(user: number): number {
    if (user === 0) return 0;
    const customer = user - HOUSE_COUNT;
    const block = Math.floor(customer / BLOCK_USERS);
    const place = customer % BLOCK_USERS;
    const [first, second] = this.#counts(block);
    const before = [0, first, first + second][place] ?? 0;
    return HOUSE_COUNT + block * BLOCK_ACCOUNTS + before;
  }

  accountCountOf(user: number): number {
    return this.firstAccountOf(user + 1) - this.firstAccountOf(user);
  }

  /** The owner for life: of a later account any customer, drawn by the seed. */
  ownerOf(account: number): number {
    if (account < HOUSE_COUNT) return 0;
    if (account >= this.accountCount) {
      const drawn = mix32(this.#key.high ^ mix32(account)) >>> 0;
      return HOUSE_COUNT + (drawn % (this.userCount - HOUSE_COUNT));
    }
    const ordinal = account - HOUSE_COUNT;
    const block = Math.floor(ordinal / BLOCK_ACCOUNTS);
    const [first, second] = this.#counts(block);
    const within = ordinal % BLOCK_ACCOUNTS;
    const place = within < first ? 0 : within < first + second ? 1 : 2;
    return HOUSE_COUNT + block * BLOCK_USERS + place;
  }

  #counts(block: number): readonly [number, number, number] {
    const drawn = (mix32(this.#key.low + mix32(block)) >>> 0) % BLOCK_COUNTS.length;
    return BLOCK_COUNTS[drawn] ?? BLOCK_COUNTS[0];
  }
}
