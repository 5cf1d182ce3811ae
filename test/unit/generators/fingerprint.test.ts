/** Fingerprints notice every change that matters, and their sums are exact. */
import { describe, expect, it } from "vitest";
import { fingerprintAccount, fingerprintUser } from "../../../generators/fingerprint.ts";

const USER_FINGERPRINT = 136649712659612;
const ACCOUNT_FINGERPRINT = 48490881973320;
const user = {
  id: 17,
  email: "a@b.example",
  name: "Zoë O'Brien",
  status: "active",
  data: '{"city":"Köln"}',
  lane: 3,
  seq: 99,
};
const account = {
  id: 17,
  userId: 9,
  balance: 12_345,
  status: "active",
  data: "{}",
  lane: 3,
  seq: 99,
};

describe("fingerprints", () => {
  it("are whole numbers below 2^48 and never change between versions of lakeproof", () => {
    expect(fingerprintUser(user)).toBe(USER_FINGERPRINT);
    expect(fingerprintAccount(account)).toBe(ACCOUNT_FINGERPRINT);
    for (const fp of [USER_FINGERPRINT, ACCOUNT_FINGERPRINT]) {
      expect(Number.isInteger(fp) && fp >= 0 && fp < 2 ** 48).toBe(true);
    }
  });

  it.each([
    { id: 18 },
    { email: "a@b.exampl" },
    { name: "Zoe O'Brien" },
    { status: "dormant" },
    { data: '{"city":"Köln" }' },
    { lane: 4 },
    { seq: 100 },
    // The same letters on the other side of a column border.
    { email: "a@b.exampleZ", name: "oë O'Brien" },
  ])("of a user notice %j", (damage) => {
    expect(fingerprintUser({ ...user, ...damage })).not.toBe(fingerprintUser(user));
  });

  it.each([
    { balance: 12_346 },
    { balance: -12_345 },
    { balance: 12_345 + 2 ** 32 },
    { balance: Number.NaN },
    { userId: 8 },
    { id: 9, userId: 17 },
    { lane: 99, seq: 3 },
  ])("of an account notice %j", (damage) => {
    expect(fingerprintAccount({ ...account, ...damage })).not.toBe(fingerprintAccount(account));
  });

  it("tell an amount that is missing from an amount of zero", () => {
    const missing = fingerprintAccount({ ...account, balance: Number.NaN });
    expect(missing).not.toBe(fingerprintAccount({ ...account, balance: 0 }));
  });

  it("do not meet among 100,000 neighbouring rows and fill all 48 bits evenly within 2 %", () => {
    const fingerprints = Array.from({ length: 100_000 }, (_, seq) =>
      fingerprintAccount({ ...account, balance: seq % 7, seq }),
    );
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
    for (let bit = 0; bit < 48; bit += 1) {
      const set = fingerprints.filter((fp) => Math.floor(fp / 2 ** bit) % 2 === 1).length;
      expect(Math.abs(set / fingerprints.length - 0.5)).toBeLessThan(0.02);
    }
  });
});
