import type { MongoClientOptions } from 'mongodb';

/** The driver's options for a target: those of its connection, and what this program wants where the URI leaves it open. */
export function clientOptions(uri: string, options: MongoClientOptions): MongoClientOptions {
  // Options win over the URI in the driver, so defaults are for what the URI leaves open.
  const unless = (name: string, value: MongoClientOptions) => (new RegExp(`[?&]${name}=`, 'i').test(uri) ? {} : value);
  return {
    ...unless('serverSelectionTimeoutMS', { serverSelectionTimeoutMS: 8_000 }),
    ...unless('connectTimeoutMS', { connectTimeoutMS: 10_000 }),
    ...unless('maxIdleTimeMS', { maxIdleTimeMS: 120_000 }),
    ...options,
    // Repeating a write is this program's own business: it knows which documents were refused, and Cosmos DB has no retryable writes.
    retryWrites: false,
  };
}
