// Random orchestrations for the test of task ids: the same seed always makes the same tree of tasks.

function random(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * Builds a tree of tasks, and beside it what every leaf must yield. A leaf is an activity (with or without retries, failing
 * or not), a sub-orchestration or a timer; an inner node is Task.all or Task.any.
 */
function build(context, next, key, depth, counter) {
  const { df } = context;
  const kind = depth > 0 ? next(9) : next(7);
  const value = counter.value++;
  const ms = next(3) === 0 ? next(4) : 0;
  const retry = { firstRetryIntervalInMilliseconds: 1 + next(5), maxNumberOfAttempts: 1 + next(3), backoffCoefficient: 1 + next(2) };
  const step = { value, ms, failures: 0, key };
  const failed = (failures) => (failures >= retry.maxNumberOfAttempts ? `failed ${value}` : value);
  if (kind <= 1) return { task: df.callActivity('fuzzStep', step), expected: value };
  if (kind <= 3) {
    const failures = next(4);
    return { task: df.callActivityWithRetry('fuzzStep', retry, { ...step, failures }), expected: failed(failures) };
  }
  if (kind === 4) return { task: df.callSubOrchestrator('single', value), expected: value };
  if (kind === 5) return { task: df.callSubOrchestratorWithRetry('single', retry, value), expected: value };
  if (kind === 6) {
    const at = new Date(df.currentUtcDateTime.getTime() + next(6));
    return { task: df.createTimer(at), expected: undefined };
  }
  const children = [];
  for (let n = 1 + next(4); n > 0; n--) children.push(build(context, next, key, depth - 1, counter));
  const tasks = children.map((child) => child.task);
  if (kind === 7) return { task: df.Task.all(tasks), children, isAll: true };
  return { task: df.Task.any(tasks), children, isAny: true };
}

/** Errors name the leaves they come from; a compound fails with the first failure of a leaf below it. */
function outcome(node, value, error) {
  if (node.isAny) {
    const winner = node.children.find((child) => child.task === value);
    if (error !== undefined || winner === undefined) return `any of nothing: ${error?.message}`;
    return winner.isAll || winner.isAny ? undefined : outcomeOfTask(winner);
  }
  if (node.isAll) {
    if (error !== undefined) return /planned failure of \d+/.test(error.message) ? undefined : error.message;
    const wrong = node.children
      .map((child, index) => (child.isAll || child.isAny ? undefined : check(child, value[index], undefined)))
      .filter((problem) => problem !== undefined);
    return wrong.length === 0 ? undefined : wrong.join('; ');
  }
  return check(node, value, error);
}

function outcomeOfTask(leaf) {
  const isFailed = leaf.task.isFaulted;
  return isFailed ? check(leaf, undefined, leaf.task.result) : check(leaf, leaf.task.result, undefined);
}

function check(leaf, value, error) {
  const got = error === undefined ? value : `failed ${/planned failure of (\d+)/.exec(error.message)?.[1]}`;
  return got === leaf.expected ? undefined : `expected ${leaf.expected}, got ${got}`;
}

/** Yields a number of random trees, one after the other, and returns what arrived at the wrong place. */
function* fuzz(context) {
  const { seed } = context.df.getInput();
  const next = random(seed);
  const counter = { value: 0 };
  const problems = [];
  const steps = 2 + next(5);
  for (let n = 0; n < steps; n++) {
    const node = build(context, next, `${seed}`, 2, counter);
    let value;
    let error;
    try {
      value = yield node.task;
    } catch (thrown) {
      error = thrown;
    }
    const problem = outcome(node, value, error);
    if (problem !== undefined) problems.push(`step ${n}: ${problem}`);
  }
  return { steps, problems };
}

module.exports = { fuzz };
