/** What a worker of Kafka Connect tells. */
import { z } from "zod";
import { requestJson } from "./http.ts";

/** Name of the one connector. */
export const CONNECTOR = "bank";

const Status = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ state: z.string(), trace: z.string().optional() })),
});

/** As one of Connect's workers tells it; of the bank's connector where no other is named. */
export async function connectorStatus(
  connectAddress: string,
  signal: AbortSignal,
  name: string = CONNECTOR,
): Promise<z.infer<typeof Status>> {
  const url = `http://${connectAddress}/connectors/${name}/status`;
  return Status.parse(await requestJson(url, { signal }));
}
