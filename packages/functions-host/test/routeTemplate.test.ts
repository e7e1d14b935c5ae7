import { expect, test } from 'vitest';
import { compileRoute } from '../src/http/routeTemplate.ts';

test.each([
  ['runs/{id}', 'runs/5', { id: '5' }],
  ['runs/{id}', 'runs', undefined],
  ['runs/{id?}', 'runs/', {}],
  ['runs/{id:int}', 'runs/x', undefined],
  ['runs/{id:guid}', 'runs/0b9d12c0-64a3-4f4c-9b0c-0d2d8f6a1b22', { id: '0b9d12c0-64a3-4f4c-9b0c-0d2d8f6a1b22' }],
  ['{a}/{b:bool}', 'x/TRUE', { a: 'x', b: 'TRUE' }],
  ['files/{*path}', 'files/a/b', { path: 'a/b' }],
  ['Files/A', 'files/a', {}],
  ['', '', {}],
])('the template "%s" matches "%s" as it should', (template, path, parameters) => {
  expect(compileRoute(template).match(path)).toEqual(parameters);
});

test('the more specific template comes first', () => {
  const templates = ['a/{*rest}', 'a/{b?}', 'a/{b}', 'a/{b:int}', 'a/b'];
  const ranks = templates.map((template) => compileRoute(template).rank);
  expect([...ranks].sort()).toEqual([...ranks].reverse());
});

test.each(['a{b}', '{a:odd}', '{a=1}', '{a:int:long}', '{}'])('the template "%s" is refused', (template) => {
  expect(() => compileRoute(template)).toThrow(/Unsupported route segment/);
});
