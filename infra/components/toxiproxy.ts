/** A Toxiproxy server with one proxied link, so that latency can be put on it. */
import type { Component } from "../../core/contracts/component.ts";
import { linkOf, openToxiproxy } from "../clients/toxiproxy.ts";
import { LakeproofError } from "../../core/errors.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

/** Name of the proxy between Connect and PostgreSQL. */
const PG_LINK = "connect-postgres";

export const toxiproxy: Component = {
  kind: "toxiproxy",
  artifacts: ["toxiproxy"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      return {
        id,
        service: context.service,
        component: "toxiproxy",
        ordinal,
        host,
        ports: { main: 8474, link: 5432 },
        dataDir: context.dataDir(id),
        readyMsMax: 30_000,
        files: {},
        prepare: [],
        command: { argv: [context.artifact("toxiproxy"), "-host", host, "-port", "8474"] },
      };
    }),
  probe: async (spec, signal) => {
    await openToxiproxy(addressOf(spec), signal).getVersion();
  },
  configure: async (context, signal) => {
    const upstream = context.config["upstream"];
    if (typeof upstream !== "string") {
      throw new LakeproofError(
        "CONFIG_INVALID",
        `${context.service}: config.upstream is missing.`,
        {
          hint: 'Name the service this link leads to, e.g. upstream: "postgres".',
        },
      );
    }
    const client = openToxiproxy(context.endpoints.address(context.service), signal);
    if ((await linkOf(client, PG_LINK)) !== undefined) return;
    await client.createProxy({
      name: PG_LINK,
      listen: context.endpoints.address(context.service, "link"),
      upstream: context.endpoints.address(upstream),
      enabled: true,
    });
  },
};
