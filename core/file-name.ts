/** Names of scenarios and topologies may have a group before a slash; what is called after them on disk may not. */

export function fileNameOf(name: string): string {
  return name.replaceAll("/", "-");
}
