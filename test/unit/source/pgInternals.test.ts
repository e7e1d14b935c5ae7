import { Duplex } from 'node:stream';
import pg from 'pg';
import { expect, test } from 'vitest';
import { CopyOut } from '../../../src/source/copyOut.ts';

/** A connection of `pg` over a stream whose other end is the test. */
function connection() {
  const sent: Buffer[] = [];
  const stream = Object.assign(
    new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        sent.push(chunk);
        done();
      },
    }),
    { connect: () => stream.emit('connect'), setNoDelay: () => stream, setKeepAlive: () => stream },
  );
  const made = new pg.Connection({ stream: () => stream } as unknown as pg.ConnectionConfig);
  (made as unknown as { connect(port: number, host: string): void }).connect(5432, 'nowhere');
  return { made, stream, sent };
}

const message = (type: string, body: string): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
};

// src/source/copyOut.ts takes the socket over from `pg` for as long as a copy lasts: it relies on these three.
test('pg listens to its connection with one listener, sends a query as one message, and takes up what it is handed', () => {
  const { made, stream, sent } = connection();
  expect(stream.listeners('data')).toHaveLength(1);
  const data: string[] = [];
  const copy = new CopyOut(
    'copy (select 1) to stdout',
    (bytes, start, end) => data.push(bytes.toString('utf8', start, end)),
    () => false,
  );
  const [own] = stream.listeners('data');
  copy.submit(made);
  expect(Buffer.concat(sent)).toEqual(message('Q', 'copy (select 1) to stdout\0'));
  const heard: string[] = [];
  made.on('commandComplete', () => heard.push('commandComplete'));
  made.on('readyForQuery', () => heard.push('readyForQuery'));
  const rest = Buffer.concat([message('c', ''), message('C', 'COPY 1\0'), message('Z', 'I')]);
  stream.emit('data', Buffer.concat([message('H', '\x01\0\0'), message('d', 'a row'), rest.subarray(0, 8)]));
  stream.emit('data', rest.subarray(8));
  expect(data).toEqual(['a row']);
  expect(heard).toEqual(['commandComplete', 'readyForQuery']);
  expect(stream.listeners('data')).toEqual([own]);
});
