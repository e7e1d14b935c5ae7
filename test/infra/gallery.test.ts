import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT, readText } from '../unit/docs/markdown.ts';

/** What microsoft/template-validation-action asks of files (`src/rules.json`): any one of these, in any case. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  README: ['README.md'],
  LICENSE: ['LICENSE', 'LICENSE.md'],
  SECURITY: ['SECURITY.md', '.github/SECURITY.md'],
  CODE_OF_CONDUCT: ['CODE_OF_CONDUCT.md', '.github/CODE_OF_CONDUCT.md'],
  CONTRIBUTING: ['CONTRIBUTING.md', '.github/CONTRIBUTING.md'],
  ISSUE_TEMPLATE: ['.github/ISSUE_TEMPLATE.md', '.github/ISSUE_TEMPLATE'],
  'workflow of azd': ['.github/workflows/azure-dev.yml', '.github/workflows/azure-dev.yaml'],
  'azure.yaml': ['azure.yaml', 'azure.yml'],
  infra: ['infra'],
  '.devcontainer': ['.devcontainer'],
};

test.each(Object.keys(FILES))('the gallery finds %s', (name) => {
  expect(FILES[name]?.some((path) => existsSync(join(ROOT, path)))).toBe(true);
});

test.each(['Features', 'Getting Started', 'Guidance', 'Resources'])('the README has the chapter %s', (title) => {
  expect(readText('README.md').split('\n')).toContain(`## ${title}`);
});

test.each(['What azd up provisions', 'Monitor', 'Clean up', 'Project structure'])('the README has %s', (title) => {
  expect(readText('README.md').split('\n')).toContain(`### ${title}`);
});

test('the README begins with what the gallery of samples reads', () => {
  const [, front = ''] = /^---\n([\s\S]*?)\n---\n\n# /.exec(readText('README.md')) ?? [];
  const keys = [...front.matchAll(/^(\w+):/gm)].map(([, key]) => key);
  expect(keys).toEqual(['page_type', 'name', 'description', 'languages', 'products', 'urlFragment']);
});

test('the entry for the gallery has title, description, picture, tags and an id', () => {
  const entry = JSON.parse(readText('docs/gallery.json')) as Record<string, unknown>;
  expect(entry).toMatchObject({ title: expect.any(String), preview: expect.stringMatching(/\.png$/) });
  expect(String(entry['description']).length).toBeGreaterThan(100);
  expect(entry['tags']).toContain('bicep');
  expect(entry['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('the architecture is a picture with words for those who do not see it', () => {
  const picture = readText('docs/architecture.svg');
  expect(picture).toMatch(/<title[^>]*>[^<]+<\/title>\s*<desc[^>]*>[^<]{100,}<\/desc>/);
  expect(readText('README.md')).toMatch(/!\[[^\]]{20,}\]\(docs\/architecture\.svg\)/);
});

describe('azure.yaml', () => {
  const text = readText('azure.yaml');

  test.each(['preprovision', 'postprovision'])('runs the hook %s on every system', (hook) => {
    const block = new RegExp(`\\n {2}${hook}:\\n((?: {4}.*\\n)+)`).exec(text)?.[1] ?? '';
    expect(block).toMatch(/posix:\n {6}shell: sh\n/);
    expect(block).toMatch(/windows:\n {6}shell: pwsh\n/);
    const scripts = [...block.matchAll(/run: node (\S+)/g)].map(([, script]) => script as string);
    expect(scripts).toEqual([`scripts/${hook}.ts`, `scripts/${hook}.ts`]);
    expect(existsSync(join(ROOT, scripts[0] as string))).toBe(true);
  });

  test('hooks run before npm ci and so import nothing but Node and what needs no package either', () => {
    const seen = new Set<string>();
    const follow = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const [, from = ''] of readText(path).matchAll(/\bfrom '([^']+)'/g)) {
        if (from.startsWith('.')) follow(posix.join(posix.dirname(path), from));
        else expect(from).toMatch(/^node:/);
      }
    };
    follow('scripts/preprovision.ts');
    follow('scripts/postprovision.ts');
    expect(seen.size).toBeGreaterThan(3);
  });
});

describe('.github/workflows/azure-dev.yml', () => {
  const text = readText('.github/workflows/azure-dev.yml');

  test('logs in with a federated credential and stores no secret', () => {
    expect(text).toMatch(/permissions:\n {2}id-token: write\n {2}contents: read\n/);
    expect(text).toContain('--federated-credential-provider github');
    expect(text).not.toMatch(/secrets\.|AZURE_CREDENTIALS|client-secret/);
  });

  test('never opens the API by itself', () => {
    expect(text).toMatch(/API_ALLOWED_IP_RANGES: \$\{\{ vars\.API_ALLOWED_IP_RANGES \}\}/);
    // The runner's address is added to a list that somebody gave, and taken away again.
    expect(text.match(/azd provision --no-prompt/g)).toHaveLength(2);
  });
});

test('.devcontainer brings what the documents ask for', () => {
  const container = JSON.parse(readText('.devcontainer/devcontainer.json')) as {
    image: string;
    features: Record<string, unknown>;
    remoteUser: string;
    postCreateCommand: string;
  };
  const [major] = manifest.devDependencies.node.split('.');
  expect(container.image).toContain(`typescript-node:${major}-`);
  expect(Object.keys(container.features).join(' ')).toMatch(/azure-cli.*azd/);
  // PostgreSQL refuses to run as root.
  expect(container.remoteUser).toBe('node');
  expect(container.postCreateCommand).toBe('npm ci');
});

test('every issue template says its name and what it is for', () => {
  const directory = join(ROOT, '.github/ISSUE_TEMPLATE');
  for (const file of readdirSync(directory))
    expect(readFileSync(join(directory, file), 'utf8')).toMatch(/^---\nname: .+\nabout: .+\n/);
});
