/** Patroni's clocks, as it really uses them: values below its minimum are raised to it. */
import { firstKey, msOf, type Settings } from "./settings.ts";

export const TTL_MS_MIN = 20_000;
const LOOP_WAIT_MS_MIN = 1000;
const RETRY_TIMEOUT_MS_MIN = 3000;

/** A setting of the cluster stands below bootstrap.dcs, or bare in a file of the dynamic configuration. */
export function clusterKey(node: Settings, name: string): string {
  return firstKey(node, `bootstrap.dcs.${name}`, name);
}

export function secondsOf(node: Settings, name: string, fallbackMs: number): number {
  return msOf(node, clusterKey(node, name), fallbackMs, 1000);
}

export function ttlMs(node: Settings): number {
  return Math.max(TTL_MS_MIN, secondsOf(node, "ttl", 30_000));
}

export function loopWaitMs(node: Settings): number {
  return Math.max(LOOP_WAIT_MS_MIN, secondsOf(node, "loop_wait", 10_000));
}

export function retryTimeoutMs(node: Settings): number {
  return Math.max(RETRY_TIMEOUT_MS_MIN, secondsOf(node, "retry_timeout", 10_000));
}

export interface Clocks {
  readonly loopMs: number;
  readonly retryMs: number;
}

/** What is left of loop_wait and retry_timeout where the three do not fit: the first is lowered first. */
export function adjustedClocks(node: Settings): Clocks {
  const ttl = ttlMs(node);
  const loopMs = loopWaitMs(node);
  const retryMs = retryTimeoutMs(node);
  if (loopMs + 2 * retryMs <= ttl) return { loopMs, retryMs };
  if (LOOP_WAIT_MS_MIN + 2 * retryMs <= ttl) return { loopMs: ttl - 2 * retryMs, retryMs };
  const halfS = Math.floor((ttl - LOOP_WAIT_MS_MIN) / 2000);
  return { loopMs: LOOP_WAIT_MS_MIN, retryMs: halfS * 1000 };
}
