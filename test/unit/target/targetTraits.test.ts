import type { Document } from 'mongodb';
import { expect, test } from 'vitest';
import { targetTraits } from '../../../src/target/targetTraits.ts';

/** What every server answers to `hello`, in its own words. */
const SIZES = { maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 };
const MONGOD = { helloOk: true, isWritablePrimary: true, ...SIZES, logicalSessionTimeoutMinutes: 30, readOnly: false };
const TOPOLOGY = { topologyVersion: { processId: '6', counter: 6 }, connectionId: 12 };
const MEMBER = { ...MONGOD, ...TOPOLOGY, setName: 'rs0', hosts: ['a:27017'], primary: 'a:27017', secondary: false };
const GATEWAY = { ...MONGOD, msg: 'isdbgrid', maxWriteBatchSize: 25_000, maxWireVersion: 21, localTime: 1.7e12 };
const ACCOUNT = { ...MONGOD, setName: 'globaldb', maxWriteBatchSize: 1_000, tags: { region: 'West Europe' } };

test.each<[what: string, flavour: string, hello: Document, version: string, host?: string]>([
  ['mongod 4.4 alone', 'mongodb', { ...MONGOD, ...TOPOLOGY, maxWireVersion: 9 }, '4.4.29'],
  ['a member of 5.0', 'mongodb', { ...MEMBER, maxWireVersion: 13 }, '5.0.31'],
  ['a member of 6.0', 'mongodb', { ...MEMBER, maxWireVersion: 17 }, '6.0.5'],
  ['a member of 7.0', 'mongodb', { ...MEMBER, maxWireVersion: 21 }, '7.0.14'],
  ['a member of 8.0', 'mongodb', { ...MEMBER, maxWireVersion: 25 }, '8.0.4'],
  ['mongos', 'mongodb', { ...MONGOD, ...TOPOLOGY, msg: 'isdbgrid', maxWireVersion: 25 }, '8.0.4'],
  ['Atlas', 'mongodb', { ...MEMBER, maxWireVersion: 25 }, '8.0.4', 'c0.abcde.mongodb.net:27017/d'],
  ['request units', 'cosmos-ru', { ...ACCOUNT, maxWireVersion: 18 }, '7.0.0'],
  ['request units by their host', 'cosmos-ru', MONGOD, '4.2.0', 'a.mongo.cosmos.azure.com:10255/d'],
  ['the engine by itself', 'documentdb', { ...GATEWAY, internal: {} }, '7.0.0', 'localhost:10260/d'],
  ['Azure DocumentDB', 'documentdb', { ...GATEWAY, internal: { documentdb_versions: ['1.104-0'] } }, '8.0.0'],
  ['vCore of before', 'documentdb', { ...GATEWAY, internal: { cosmos_versions: ['1.22-1'] } }, '6.0.0'],
  ['one that calls its set globaldb', 'documentdb', { ...GATEWAY, setName: 'globaldb', internal: {} }, '7.0.0'],
  ['a cluster by its host', 'documentdb', GATEWAY, '7.0.0', 'c.global.mongocluster.cosmos.azure.com:27017/d'],
])('%s is told as %s', (_what, flavour, hello, version, host = 'db:27017/d') => {
  expect(targetTraits(hello, version, host, false).flavour).toBe(flavour);
});

test('whoever tells the charge of a request has request units, under any name; the engine has none', () => {
  expect(targetTraits(MONGOD, '7.0.0', 'relay:1/d', true).flavour).toBe('cosmos-ru');
  expect(targetTraits({ ...GATEWAY, internal: {} }, '7.0.0', 'relay:1/d', true).flavour).toBe('documentdb');
});

test('`internal` that is no document says nothing', () => {
  for (const internal of [null, true, 'yes', []])
    expect(targetTraits({ ...MONGOD, internal }, '8.0.4', 'h', false).flavour).toBe('mongodb');
});

test('the engine takes 25,000 writes in a batch and no charge, and shards by a hash', () => {
  const hello = { ...GATEWAY, maxWriteBatchSize: 100_000, internal: {} };
  expect(targetTraits(hello, '7.0.0', 'h', false)).toMatchObject({
    maxWriteBatch: 25_000,
    isCharged: false,
    sharding: 'hashed',
    needsUniqueIndexesFirst: true,
  });
});
