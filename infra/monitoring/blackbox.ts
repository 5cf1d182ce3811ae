/** What the black-box exporter does with a page: opens it and is content with any 2xx. */
import { yamlText } from "./yaml.ts";

export function blackboxYaml(): string {
  return yamlText({
    modules: {
      http_ok: { prober: "http", timeout: "3s", http: { preferred_ip_protocol: "ip4" } },
    },
  });
}
