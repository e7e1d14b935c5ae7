// A function app in CommonJS for the tests of the local host: one small function for every behaviour that they look at.
const { appendFileSync } = require('node:fs');
const { app } = require('@azure/functions');
const df = require('durable-functions');
const { fuzz } = require('./fuzz.cjs');

const RETRY = new df.RetryOptions(20, 3);
RETRY.backoffCoefficient = 2;

app.hook.appStart((context) => {
  context.hookData.started = true;
});
const { promise: terminated, resolve: terminate } = Promise.withResolvers();
app.hook.appTerminate(() => {
  note('terminated');
  terminate();
});
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') context.inputs = ['from the hook'];
});

/** Appends a line to the file named by the setting TRACE_FILE, by which tests see what ran. */
function note(line) {
  if (process.env.TRACE_FILE) appendFileSync(process.env.TRACE_FILE, `${line}\n`);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Activities
df.app.activity('echo', { handler: (input) => input });
df.app.activity('hooked', { handler: (input) => input });
df.app.activity('slow', {
  handler: async ({ ms, tag }, context) => {
    note(`begin ${tag}`);
    await sleep(ms);
    note(`end ${tag}`);
    context.log('slow is done');
    return tag;
  },
});
df.app.activity('alwaysFails', {
  handler: () => {
    throw new Error('boom');
  },
});
const attempts = new Map();
df.app.activity('failsTwice', {
  handler: (key) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return attempt;
  },
});
df.app.activity('failsLate', {
  handler: async ({ ms, key }) => {
    if (attempts.has(key)) return 'second attempt';
    attempts.set(key, 1);
    await sleep(ms);
    note(`fails ${key}`);
    throw new Error('late');
  },
});
df.app.activity('untilTerminated', {
  handler: async () => {
    note('begin');
    await terminated;
    note('end');
    return 'handed back';
  },
});
df.app.activity('readSetting', { handler: (name) => process.env[name] ?? null });
// Fails on its first call for a value that says so; the tests of task ids live on it.
const failedOnce = new Set();
df.app.activity('fuzzStep', {
  handler: async ({ value, ms, failures, key }) => {
    if (ms > 0) await sleep(ms);
    for (let n = 0; n < failures; n++) {
      const mark = `${key}/${value}/${n}`;
      if (failedOnce.has(mark)) continue;
      failedOnce.add(mark);
      throw new Error(`planned failure of ${value}`);
    }
    return value;
  },
});

// Orchestrations
df.app.orchestration('sequence', function* (context) {
  const input = context.df.getInput();
  const first = yield context.df.callActivity('echo', input);
  const second = yield context.df.callActivity('echo', [first, 'text', 1.5, null]);
  return { first, second };
});
df.app.orchestration('single', function* (context) {
  return yield context.df.callActivity('echo', context.df.getInput());
});
df.app.orchestration('heedful', function* (context) {
  return yield context.df.callActivity('untilTerminated');
});
df.app.orchestration('slowly', function* (context) {
  return yield context.df.callActivity('slow', context.df.getInput());
});
df.app.orchestration('setting', function* (context) {
  return yield context.df.callActivity('readSetting', context.df.getInput());
});
df.app.orchestration('usesHook', function* (context) {
  return yield context.df.callActivity('hooked', 'from the orchestrator');
});
df.app.orchestration('fanOut', function* (context) {
  const { count, ms } = context.df.getInput();
  const tasks = [];
  for (let n = 0; n < count; n++) tasks.push(context.df.callActivity(ms ? 'slow' : 'echo', ms ? { ms, tag: n } : n));
  const results = yield context.df.Task.all(tasks);
  return results.reduce((sum, value) => sum + value, 0);
});
df.app.orchestration('tree', function* (context) {
  const { branches, leaves, ms } = context.df.getInput();
  const children = [];
  for (let n = 0; n < branches; n++) children.push(context.df.callSubOrchestrator('fanOut', { count: leaves, ms }));
  const sums = yield context.df.Task.all(children);
  return sums.reduce((sum, value) => sum + value, 0);
});
df.app.orchestration('failing', function* (context) {
  yield context.df.callActivity('echo', 5);
  yield context.df.callActivity('alwaysFails', 'x');
});
df.app.orchestration('retrySucceeds', function* (context) {
  return yield context.df.callActivityWithRetry('failsTwice', RETRY, context.df.instanceId);
});
df.app.orchestration('retryFails', function* (context) {
  try {
    yield context.df.callActivityWithRetry('alwaysFails', RETRY);
  } catch (error) {
    const after = yield context.df.callActivity('echo', 'after');
    return { caught: error.message.includes('boom'), after };
  }
});
df.app.orchestration('parent', function* (context) {
  const own = yield context.df.callSubOrchestrator('single', { n: 1 }, `${context.df.instanceId}-child`);
  let failure = '';
  try {
    yield context.df.callSubOrchestratorWithRetry('failing', new df.RetryOptions(10, 2));
  } catch (error) {
    failure = error.message;
  }
  return { own, failed: failure.includes('boom') };
});
df.app.orchestration('timers', function* (context) {
  const start = context.df.currentUtcDateTime.getTime();
  yield context.df.createTimer(new Date(start + 60));
  const waited = context.df.currentUtcDateTime.getTime() - start;
  const long = context.df.createTimer(new Date(start + 3_600_000));
  const quick = context.df.callActivity('echo', 'quick');
  const winner = yield context.df.Task.any([long, quick]);
  if (winner === quick) long.cancel();
  return { waited, winner: winner.result };
});
df.app.orchestration('wait', function* (context) {
  const start = context.df.currentUtcDateTime.getTime();
  yield context.df.createTimer(new Date(start + context.df.getInput()));
  return context.df.currentUtcDateTime.getTime() - start;
});
df.app.orchestration('forgottenTimer', function* (context) {
  const now = context.df.currentUtcDateTime.getTime();
  const timer = context.df.createTimer(new Date(now + 300));
  const winner = yield context.df.Task.any([timer, context.df.callActivity('echo', 1)]);
  return winner.result;
});
df.app.orchestration('status', function* (context) {
  context.df.setCustomStatus({ phase: 'waiting' });
  const answer = yield context.df.waitForExternalEvent('go');
  context.df.setCustomStatus({ phase: 'gone' });
  yield context.df.callActivity('echo', 1);
  return answer;
});
df.app.orchestration('counter', function* (context) {
  const { round, rounds, sum } = context.df.getInput();
  const value = yield context.df.callActivity('echo', round);
  context.df.setCustomStatus({ round });
  if (round < rounds) context.df.continueAsNew({ round: round + 1, rounds, sum: sum + value });
  else return { rounds: round, sum: sum + value };
});
df.app.orchestration('collector', function* (context) {
  const { got, wanted } = context.df.getInput();
  const event = yield context.df.waitForExternalEvent('item');
  const all = [...got, event];
  if (all.length < wanted) context.df.continueAsNew({ got: all, wanted });
  else return all;
});
df.app.orchestration('worksThenCollects', function* (context) {
  const input = context.df.getInput();
  if (input === null) return yield context.df.waitForExternalEvent('item');
  yield context.df.callActivity('slow', { ms: input.ms, tag: context.df.instanceId });
  context.df.continueAsNew(null);
});
df.app.orchestration('retryAndEvent', function* (context) {
  const { ms } = context.df.getInput();
  context.df.setCustomStatus('waiting');
  const retried = context.df.callActivityWithRetry('failsLate', RETRY, { ms, key: context.df.instanceId });
  const raised = context.df.waitForExternalEvent('go');
  yield context.df.Task.any([retried, raised]);
  context.df.setCustomStatus('got it');
  const echo = yield context.df.callActivity('echo', 'after');
  return { event: raised.result, echo, retried: yield retried };
});
df.app.orchestration('callsMissing', function* (context) {
  yield context.df.callActivity('nobody', 1);
});
df.app.orchestration('usesEntity', function* (context) {
  yield context.df.callEntity(new df.EntityId('thing', 'key'), 'do');
});
df.app.orchestration('httpCall', function* (context) {
  const { statusCode, content } = yield context.df.callHttp({ method: 'GET', url: context.df.getInput().url });
  return { statusCode, content };
});
df.app.orchestration('longRun', function* (context) {
  const { rounds, ms } = context.df.getInput();
  const seen = [];
  for (let n = 0; n < rounds; n++) {
    const parts = yield context.df.Task.all([
      context.df.callActivity('slow', { ms, tag: `${context.df.instanceId}-${n}a` }),
      context.df.callActivity('slow', { ms, tag: `${context.df.instanceId}-${n}b` }),
    ]);
    seen.push(...parts);
  }
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 30));
  seen.push(yield context.df.callSubOrchestrator('single', 'child'));
  return seen;
});
df.app.orchestration('fuzz', fuzz);

// HTTP functions
const client = df.input.durableClient();
app.http('start', {
  route: 'start/{name}/{id?}',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [client],
  handler: async (request, context) => {
    const durable = df.getClient(context);
    const text = await request.text();
    const options = { input: text === '' ? undefined : JSON.parse(text) };
    if (request.params.id) options.instanceId = request.params.id;
    const id = await durable.startNew(request.params.name, options);
    return durable.createCheckStatusResponse(request, id);
  },
});
app.http('clientCalls', {
  route: 'client/{id}/{verb}',
  methods: ['POST'],
  extraInputs: [client],
  handler: async (request, context) => {
    const durable = df.getClient(context);
    const { id, verb } = request.params;
    if (verb === 'status') {
      const { runtimeStatus, output, customStatus } = await durable.getStatus(id);
      return { jsonBody: { runtimeStatus, output, customStatus } };
    }
    if (verb === 'raise') await durable.raiseEvent(id, 'go', { from: 'client' });
    if (verb === 'terminate') await durable.terminate(id, 'client says so');
    if (verb === 'all') return { jsonBody: (await durable.getStatusAll()).map((status) => status.instanceId) };
    if (verb === 'purge') return { jsonBody: await durable.purgeInstanceHistory(id) };
    return { status: 204 };
  },
});
app.http('mirror', {
  route: 'mirror/{number:int}/{word?}',
  methods: ['GET', 'POST', 'DELETE'],
  handler: async (request) => ({
    status: 201,
    headers: { 'x-mirror': 'yes' },
    cookies: [{ name: 'crumb', value: 'a b', httpOnly: true, sameSite: 'Lax', path: '/' }],
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: Object.fromEntries(request.query),
      type: request.headers.get('content-type'),
      body: await request.text(),
    },
  }),
});
app.http('literal', { route: 'mirror/literal', handler: () => ({ body: 'literal' }) });
app.http('files', { route: 'files/{*path}', handler: (request) => ({ body: request.params.path ?? 'none' }) });
app.http('size', {
  methods: ['POST'],
  handler: async (request) => {
    const { byteLength } = await request.arrayBuffer();
    note(`size ${byteLength}`);
    return { body: String(byteLength) };
  },
});
app.http('admin', { authLevel: 'admin', handler: () => ({ body: 'admin' }) });
app.http('throws', {
  handler: () => {
    throw new Error('no answer');
  },
});
app.http('silent', { handler: () => undefined });
