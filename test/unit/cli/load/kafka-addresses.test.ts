/** Where load may go, by hand and by what brokers say of themselves. */
import { describe, expect, it } from "vitest";
import { astray, loopbackOnly } from "../../../../cli/load/kafka-addresses.ts";

describe("brokers named by hand", () => {
  it("are taken on loopback", () => {
    expect(loopbackOnly("127.0.0.1:9092, 127.9.9.9:1,localhost:9092")).toEqual([
      "127.0.0.1:9092",
      "127.9.9.9:1",
      "localhost:9092",
    ]);
  });

  it.each([
    "",
    "kafka:9092",
    "10.0.0.1:9092",
    "127.0.0.1:9092,192.168.0.1:9092",
    "127.0.0.1",
    "127.0.0.1.evil.example:9",
  ])("are refused anywhere else: %s", (text) => {
    expect(() => loopbackOnly(text)).toThrow(/--bootstrap/);
  });
});

describe("brokers behind an address", () => {
  it("may be on loopback, or where they were asked at", () => {
    expect(astray(["127.77.12.5", "localhost"], ["127.0.0.1:9092"])).toEqual([]);
    expect(astray(["10.77.1.3"], ["10.77.1.3:9092", "10.77.1.4:9092"])).toEqual([]);
  });

  it("are refused where a forwarded port leads out", () => {
    const hosts = ["127.0.0.1", "kafka-1.example", "10.1.2.3", "127.0.0.1.evil.example"];
    expect(astray(hosts, ["127.0.0.1:9092"])).toEqual(hosts.slice(1));
  });
});
