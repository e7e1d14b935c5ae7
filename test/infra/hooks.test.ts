import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultInAddresses } from '../../scripts/allowedAddresses.ts';
import { chooseAddresses } from '../../scripts/chooseAddresses.ts';
import { nextCommands } from '../../scripts/nextCommands.ts';

describe('a list of addresses', () => {
  test.each([
    '*',
    '203.0.113.7',
    '203.0.113.7/32',
    '203.0.113.0/24,198.51.100.1',
    '2001:db8::1/128',
    '2001:db8::/48',
    '0.0.0.0/1,128.0.0.0/2',
    '0.0.0.0/8',
    '::ffff:203.0.113.7',
  ])('may be %s', (list) => expect(faultInAddresses(list)).toBeNull());

  test.each([
    ['', 'is empty'],
    ['*,203.0.113.7', 'goes alone'],
    ['0.0.0.0/0', 'is the whole internet'],
    ['::/0', 'is the whole internet'],
    ['203.0.113.7,', '"" is no address'],
    ['203.0.113.7, 203.0.113.8', '" 203.0.113.8" is no address'],
    ['203.0.113.0/33', 'a number up to 32'],
    ['203.0.113.0/x', 'a number up to 32'],
    ['203.0.113.0/08', 'without a nought before it'],
    ['0.0.0.0', 'every service of Azure'],
    ['203.0.113.7,0.0.0.0/32', 'every service of Azure'],
    ['128.0.0.0/1,0.0.0.0/1', 'is the whole internet of IPv4'],
    ['0.0.0.0/2,64.0.0.0/2,203.0.113.7,192.0.0.1/2,128.0.0.0/2', 'is the whole internet of IPv4'],
    ['::/1,8000::/1', 'is the whole internet of IPv6'],
    ['203.0.113.0/24/1', 'is no address'],
    ['203.0.113', 'is no address'],
    ['example.com', 'is no address'],
  ])('may not be "%s"', (list, fault) => expect(faultInAddresses(list)).toContain(fault));
});

describe('who may call the API', () => {
  const answers = (...given: string[]) => ({
    ask: () => Promise.resolve(given.shift() ?? null),
    ownAddress: () => Promise.resolve('203.0.113.7'),
  });

  test('is what the environment says', async () => {
    const choice = await chooseAddresses({ API_ALLOWED_IP_RANGES: '198.51.100.0/24' }, answers());
    expect(choice).toMatchObject({ ok: true, list: '198.51.100.0/24', isNew: false });
  });

  test('is nobody outside of the network where the API has no public endpoint', async () => {
    expect(await chooseAddresses({ PUBLIC_API: 'false' }, answers())).toMatchObject({ ok: true, list: null });
  });

  test('is proposed as the own address, and stored once somebody agrees', async () => {
    expect(await chooseAddresses({}, answers(''))).toMatchObject({ ok: true, list: '203.0.113.7/32', isNew: true });
  });

  test('is everybody only where that is said', async () => {
    expect(await chooseAddresses({}, answers('*'))).toMatchObject({ ok: true, list: '*', isNew: true });
    const unknown = { ...answers('', '', ''), ownAddress: () => Promise.resolve(null) };
    expect(await chooseAddresses({}, unknown)).toMatchObject({ ok: false });
  });

  test('is asked again after a slip, and not for ever', async () => {
    expect(await chooseAddresses({}, answers('home', '203.0.113.9'))).toMatchObject({ ok: true, list: '203.0.113.9' });
    expect(await chooseAddresses({}, answers('a', 'b', 'c', '*'))).toMatchObject({ ok: false });
  });

  test('is refused where the environment names it wrongly', async () => {
    const choice = await chooseAddresses({ API_ALLOWED_IP_RANGES: '0.0.0.0/0' }, answers('*'));
    expect(choice).toMatchObject({ ok: false, message: expect.stringContaining('azd env set PUBLIC_API false') });
  });
});

describe('other lists', () => {
  const silent = { ask: () => Promise.resolve(null), ownAddress: () => Promise.resolve(null) };
  const given = { API_ALLOWED_IP_RANGES: '203.0.113.7' };

  test.each([
    [{ USE_DURABLE_TASK_SCHEDULER: 'true', USE_VIRTUAL_NETWORK: 'false' }, 'the addresses that may connect'],
    [
      { DURABLE_TASK_SCHEDULER_ALLOWED_IP_RANGES: '0.0.0.0/0' },
      'DURABLE_TASK_SCHEDULER_ALLOWED_IP_RANGES: "0.0.0.0/0"',
    ],
    [{ TARGET_ALLOWED_IP_RANGES: '*' }, 'for the API only'],
    [{ TARGET_ALLOWED_IP_RANGES: '2001:db8::1' }, 'is of IPv6, which the service does not take'],
    [{ TARGET_ALLOWED_IP_RANGES: '0.0.0.0' }, 'every service of Azure'],
    [{ PUBLIC_API: 'false', USE_VIRTUAL_NETWORK: 'false' }, 'Set USE_VIRTUAL_NETWORK to true, or PUBLIC_API'],
    [{ PUBLIC_API: 'False', USE_VIRTUAL_NETWORK: 'FALSE' }, 'Set USE_VIRTUAL_NETWORK to true, or PUBLIC_API'],
    [
      { POSTGRES_ACCESS: 'privateEndpoint', POSTGRES_SERVER_NAME: 'pg', USE_VIRTUAL_NETWORK: 'false' },
      'POSTGRES_ACCESS is privateEndpoint, which goes through the virtual network',
    ],
    [
      { POSTGRES_ACCESS: 'firewall', POSTGRES_SERVER_NAME: 'pg', USE_VIRTUAL_NETWORK: 'false' },
      'POSTGRES_ACCESS is firewall, which goes through the virtual network',
    ],
    [{ POSTGRES_ACCESS: 'firewall' }, 'POSTGRES_SERVER_NAME names no server'],
    [{ POSTGRES_ACCESS: 'azureServices', POSTGRES_SERVER_NAME: '' }, 'POSTGRES_SERVER_NAME names no server'],
  ])('%j is refused', async (environment, message) => {
    const choice = await chooseAddresses({ ...given, ...environment }, silent);
    expect(choice).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  test.each([
    { PUBLIC_API: 'false' },
    { USE_VIRTUAL_NETWORK: 'false' },
    { POSTGRES_ACCESS: 'none', USE_VIRTUAL_NETWORK: 'false' },
    { POSTGRES_ACCESS: 'azureServices', POSTGRES_SERVER_NAME: 'pg', USE_VIRTUAL_NETWORK: 'false' },
    { POSTGRES_ACCESS: 'privateEndpoint', POSTGRES_SERVER_NAME: 'pg' },
  ])('%j is fine', async (environment) => {
    expect(await chooseAddresses({ ...given, ...environment }, silent)).toMatchObject({ ok: true });
  });

  test('of addresses are fine, and a network needs none for the scheduler', async () => {
    const environment = { ...given, USE_DURABLE_TASK_SCHEDULER: 'true', TARGET_ALLOWED_IP_RANGES: '203.0.113.0/24' };
    expect(await chooseAddresses(environment, silent)).toMatchObject({ ok: true });
  });
});

describe('scripts/preprovision.ts', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mlflow-hook-test-'));
    await writeFile(join(directory, 'azd'), `#!/bin/sh\necho "azd $*" >>'${directory}/calls'\n`);
    await chmod(join(directory, 'azd'), 0o755);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function run(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
    const script = join(import.meta.dirname, '../../scripts/preprovision.ts');
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script], {
        env: { PATH: directory, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => {
          output += data;
        });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, output }));
    });
  }

  test('refuses an empty list without a terminal, and says what to set', async () => {
    const { code, output } = await run({});
    expect(code).toBe(1);
    expect(output).toContain('azd env set API_ALLOWED_IP_RANGES');
  });

  test('goes on with a list, and changes nothing', async () => {
    const { code, output } = await run({ API_ALLOWED_IP_RANGES: '203.0.113.0/24' });
    expect(code).toBe(0);
    expect(output).toContain('203.0.113.0/24');
    await expect(readFile(join(directory, 'calls'))).rejects.toThrow('ENOENT');
  });
});

describe('the next commands', () => {
  const OUTPUTS = {
    SERVICE_API_NAME: 'func-x',
    SERVICE_API_URI: 'https://func-x.azurewebsites.net',
    AZURE_RESOURCE_GROUP: 'rg-lab',
    IDENTITY_NAME: 'id-x',
  };

  test('name what was made', () => {
    const text = nextCommands(OUTPUTS, 'linux');
    expect(text).toContain('--name func-x --resource-group rg-lab');
    expect(text).toContain('export MLFLOW_MIGRATE_KEY="$(az functionapp keys list');
    expect(text).toContain('--url https://func-x.azurewebsites.net --name lab --dry-run');
    expect(text).toContain('grants --for postgres --user id-x');
    expect(text).toContain('azd env set-secret POSTGRES_URI');
    expect(text).toContain('azd env set-secret MONGODB_URI');
    expect(text).not.toContain('undefined');
  });

  test('ask for no target where one was made, and show no secret that was given', () => {
    const text = nextCommands({ ...OUTPUTS, COSMOS_ACCOUNT_NAME: 'c', POSTGRES_URI: 'postgresql://u:p@h/d' }, 'linux');
    expect(text).not.toContain('set-secret');
    expect(text).not.toContain('u:p@h');
  });

  test('are those of PowerShell on Windows', () => {
    expect(nextCommands(OUTPUTS, 'win32')).toContain('$env:MLFLOW_MIGRATE_KEY = $(az functionapp');
  });
});
