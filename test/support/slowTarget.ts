import { inject } from 'vitest';
import { type CosmosProxy, startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';

/** The suites' MongoDB behind a proxy that lets each request take `delayMs` milliseconds. */
export interface SlowTarget {
  readonly proxy: CosmosProxy;
  /** Connection string of the server through the proxy. */
  readonly uri: string;
}

/** Starts the proxy; whoever calls stops it. */
export async function startSlowTarget(delayMs: number): Promise<SlowTarget> {
  const mongodb = new URL(inject('mongodbUri'));
  const proxy = await startCosmosProxy({
    upstream: { host: mongodb.hostname, port: Number(mongodb.port) },
    flavour: 'mongodb',
    seed: 1,
    delayMs,
  });
  mongodb.port = String(proxy.port);
  return { proxy, uri: mongodb.href };
}
