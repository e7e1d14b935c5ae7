import { z } from 'zod';
import type { Shape } from './shape.ts';
import { VERSIONS } from './versions.ts';

const HashedFile = z.object({
  /** Lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number(),
});
export type HashedFile = Shape<typeof HashedFile>;

/** What a manifest vouches for: which run it was, and the files that it left, byte for byte. Its JSON without white space is what is signed. */
const Evidence = z.object({
  version: z.number(),
  migration: z.string(),
  kind: z.string(),
  status: z.string(),
  /** Name and version of the program that wrote it. */
  program: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  layout: z.string(),
  source: z.object({
    /** `host:port/database`. */
    address: z.string(),
    /** What the database says of itself; null where the run did not come so far. */
    identity: z.nullable(
      z.object({
        system: z.string(),
        database: z.string(),
        databaseOid: z.string(),
        schema: z.string(),
        workspace: z.nullable(z.string()),
      }),
    ),
  }),
  target: z.object({
    address: z.string(),
    /** As its record of ownership says; null where it had none when the run was planned. */
    id: z.nullable(z.string()),
  }),
  /** By name. One that is empty need not be there. */
  files: z.record(z.string(), HashedFile),
});
export type Evidence = Shape<typeof Evidence>;

const Signature = z.object({
  algorithm: z.literal('Ed25519'),
  /** PEM. */
  publicKey: z.string(),
  /** SHA-256 of the public key's DER, in hex. */
  fingerprint: z.string(),
  /** Base64. */
  value: z.string(),
});
export type Signature = Shape<typeof Signature>;

/** The manifest of a report as it is stored beside it. */
export const ReportManifest = z.object({
  evidence: Evidence,
  /** Null where there was no key. */
  signature: z.nullable(Signature),
  /** Why it is not signed; null where it is. */
  unsigned: z.nullable(z.string()),
});
export type ReportManifest = Shape<typeof ReportManifest>;

/** Version of {@link Evidence} as this release writes it. */
export const MANIFEST_VERSION = VERSIONS.manifest;
