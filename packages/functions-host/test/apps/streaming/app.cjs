// A function app with HTTP streams for the tests of the local host.
const { appendFileSync } = require('node:fs');
const { app } = require('@azure/functions');

app.setup({ enableHttpStream: true });

const trace = (line) => appendFileSync(process.env.TRACE_FILE, `${line}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

app.http('upload', {
  route: 'upload/{name}',
  methods: ['POST'],
  authLevel: 'function',
  handler: async (request) => {
    let bytes = 0;
    let chunks = 0;
    for await (const chunk of request.body) {
      bytes += chunk.length;
      chunks += 1;
    }
    return { jsonBody: { bytes, chunks, name: request.params.name, header: request.headers.get('x-test') } };
  },
});
app.http('size', {
  methods: ['POST'],
  handler: async (request) => {
    try {
      const { byteLength } = await request.arrayBuffer();
      trace(`whole ${byteLength}`);
      return { body: `${byteLength} bytes` };
    } catch {
      trace('cut');
      return { status: 400 };
    }
  },
});
app.http('addresses', {
  handler: () => ({
    jsonBody: process
      ._getActiveHandles()
      .filter(({ listening }) => listening)
      .map((server) => server.address().address),
  }),
});
app.http('begins', {
  methods: ['POST'],
  handler: async (request) => {
    await request.body.getReader().read();
    return { status: 413 };
  },
});
app.http('ignores', { methods: ['POST'], handler: () => ({ body: 'ignored' }) });
app.http('events', {
  handler: () => {
    async function* events() {
      for (let n = 1; n <= 3; n++) {
        yield Buffer.from(`data: ${n}\n\n`);
        await sleep(60);
      }
    }
    return { headers: { 'content-type': 'text/event-stream' }, body: events() };
  },
});
app.http('throws', {
  methods: ['GET', 'POST'],
  handler: () => {
    throw new Error('no answer');
  },
});
app.http('silent', { handler: () => undefined });
