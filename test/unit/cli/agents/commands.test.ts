/** Which agents a command line asks for. */
import { describe, expect, it } from "vitest";
import { agentCommands } from "../../../../cli/agents/commands.ts";
import { LakeproofError } from "../../../../core/errors.ts";
import { host } from "../../../../core/host.ts";

const OWN = [host.nodePath, host.launcherPath, "load-agent"];

describe("agentCommands", () => {
  it("starts this very lakeproof here, and the one after the given words elsewhere", () => {
    const options = { agents: "2", agent: ["ssh load1 npx", " ssh  -p 2222 load2 npx "] };
    expect(agentCommands(options, "load-agent", 8)).toEqual([
      { name: "agent 1 (this machine)", argv: OWN },
      { name: "agent 2 (this machine)", argv: OWN },
      {
        name: "agent 3 (ssh load1 npx)",
        argv: ["ssh", "load1", "npx", "lakeproof", "load-agent"],
      },
      {
        name: "agent 4 (ssh  -p 2222 load2 npx)",
        argv: ["ssh", "-p", "2222", "load2", "npx", "lakeproof", "load-agent"],
      },
    ]);
  });

  it("allows none here where there are others", () => {
    const found = agentCommands({ agents: "0", agent: ["ssh load1 npx"] }, "k6-agent", 64);
    expect(found.map(({ name }) => name)).toEqual(["agent 1 (ssh load1 npx)"]);
  });

  it.each([
    ["0", [], /--agents is "0"/],
    ["", [], /--agents is ""/],
    ["1.5", [], /--agents/],
    ["9", [], /--agents is "9"/],
    ["8", ["ssh a npx"], /--agents is "8"/],
    ["0", Array.from({ length: 9 }, () => "ssh a npx"), /9 agents are given/],
    ["1", ["  "], /--agent is " {2}"/],
  ])("refuses --agents %s with %j", (agents, agent, text) => {
    const ask = (): unknown => agentCommands({ agents, agent }, "load-agent", 8);
    expect(ask).toThrow(LakeproofError);
    expect(ask).toThrow(text);
  });
});
