/** Alertmanager's configuration: everything to nobody, at once. */
import { TIMINGS } from "./timings.ts";
import { yamlText } from "./yaml.ts";

export function alertmanagerYaml(): string {
  return yamlText({
    route: {
      receiver: "nobody",
      group_by: ["alertname", "signal"],
      group_wait: `${String(TIMINGS.alertmanagerGroupWaitS)}s`,
      group_interval: "5s",
      repeat_interval: "1h",
    },
    receivers: [{ name: "nobody" }],
  });
}
