/** What an artifact is: where its files come from, what they must hash to, how they are laid out. */

export type Architecture = "x64" | "arm64";

/** Unpacking of one archive (.tar.gz, .zip or .whl). */
export interface Unpack {
  /** Directory below the artifact's own; "." for the top. */
  readonly into: string;
  /** Leading path components to drop. */
  readonly strip: number;
  /** Only members below these prefixes; all when left out. */
  readonly only?: readonly string[];
}

/** One file as its registry serves it. */
export interface PinnedFile {
  readonly name: string;
  readonly sha256: string;
  /** Left out where the file serves every machine. */
  readonly arch?: Architecture;
  /** Left out where the file is used as it is. */
  readonly unpack?: Unpack;
}

interface ArtifactBase {
  readonly about: string;
  readonly version: string;
  /** What `ensure` returns, below the unpacked tree: "." for all of it. */
  readonly entry: string;
  /** How long it takes with empty client caches on two cores, for the progress display. */
  readonly typicalMs: number;
  /** A fitting one of these on this machine is used instead. */
  readonly tool?: ToolName;
}

/** Single files by coordinates `group:artifact:version[:type[:classifier]]`, without their dependencies. */
export interface MavenFiles extends ArtifactBase {
  readonly client: "maven";
  readonly kind: "files";
  readonly coordinates: readonly string[];
  readonly files: readonly PinnedFile[];
}

/** Jars with everything they depend on, as Maven resolves it. */
export interface MavenTree extends ArtifactBase {
  readonly client: "maven";
  readonly kind: "tree";
  readonly coordinates: readonly string[];
  readonly fileCount: number;
  /** SHA-256 over the lines "sha256  name\n" of all jars, sorted by name. */
  readonly treeSha256: string;
}

export interface PipFile extends ArtifactBase {
  readonly client: "pip";
  readonly kind: "wheel" | "sdist";
  readonly package: string;
  /** The interpreter whose wheel is taken; it is unpacked, never imported, so any Python will do. */
  readonly pythonVersion: string;
  readonly files: readonly PinnedFile[];
}

/** A program built from source. Its bytes depend on the toolchain, so the module's sum is pinned instead. */
export interface GoBinary extends ArtifactBase {
  readonly client: "go";
  readonly kind: "binary";
  readonly module: string;
  readonly package: string;
  /** The module's content as Go's checksum database knows it ("h1:…"). */
  readonly moduleSum: string;
}

/** A directory of installed Python packages, as infra/artifacts/locks/<name>.txt pins them. */
export interface PipEnvironment extends ArtifactBase {
  readonly client: "pip";
  readonly kind: "environment";
  /** The one that gives the version. */
  readonly package: string;
  /** What tools/lock-python.ts resolves into the lock file. */
  readonly requirements: readonly string[];
  readonly lockSha256: string;
  readonly buildToolsSha256: string;
}

/** Programs out of the distribution's packages, none of which is installed. */
export interface AptTools extends ArtifactBase {
  readonly client: "apt";
  readonly kind: "tools";
  /** How the upstream version of each of these begins is `version`: distributions replace their builds. */
  readonly packages: readonly string[];
  /** Each is at bin/<program>. */
  readonly programs: readonly string[];
}

export type Artifact = MavenFiles | MavenTree | PipFile | PipEnvironment | GoBinary | AptTools;
export type ClientName = Artifact["client"];
export type ToolName =
  | "postgres"
  | "minio"
  | "k6"
  | "toxiproxy"
  | "java17"
  | "java25"
  | "etcd"
  | "haproxy"
  | "redis"
  | "prometheus"
  | "alertmanager"
  | "postgres-exporter"
  | "redis-exporter"
  | "blackbox-exporter"
  | "nftables"
  | "iproute2"
  | "c-compiler";
