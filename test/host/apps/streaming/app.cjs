// A function app with HTTP streams for the tests of the local host.
const { app } = require('@azure/functions');

app.setup({ enableHttpStream: true });

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
