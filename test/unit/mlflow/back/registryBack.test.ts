import { ObjectId } from 'bson';
import { describe, expect, test } from 'vitest';
import { modelVersionsBack } from '../../../../src/mlflow/layouts/plugin/back/backModelVersions.ts';
import { registeredModelsBack } from '../../../../src/mlflow/layouts/plugin/back/backRegisteredModels.ts';
import { bytesOf, collectionOf, layoutOf, schemaOf, table } from '../layoutRows.ts';
import { broughtBack } from './returnedDocuments.ts';

const SCHEMA = schemaOf(
  table('registered_models', ['workspace!', 'name!', 'creation_time:int8', 'last_updated_time:int8', 'description']),
  table('registered_model_tags', ['workspace!', 'name!', 'key!', 'value']),
  table('registered_model_aliases', ['workspace!', 'name!', 'alias!', 'version:int4']),
  table('model_versions', [
    'workspace!',
    'name!',
    'version!:int4',
    'creation_time:int8',
    'last_updated_time:int8',
    'description',
    'user_id',
    'current_stage',
    'source',
    'storage_location',
    'run_id',
    'run_link',
    'status',
    'status_message',
  ]),
  table('model_version_tags', ['workspace!', 'name!', 'version!:int4', 'key!', 'value']),
);
const [models, modelTags, aliases] = registeredModelsBack();
const [versions, versionTags] = modelVersionsBack();
const IN_TEAM = { registered_models: [{ name: 'né.w', workspace: 'team' }] };

describe('a registered model', () => {
  const document = bytesOf(
    collectionOf(layoutOf(SCHEMA), 'registered_models'),
    { name: 'né.w', creation_time: 2n ** 53n + 1n, last_updated_time: null, description: '' },
    {
      registered_model_tags: [
        ['$k.e', 'v'],
        ['empty', null],
      ],
      registered_model_aliases: [['champion', 3n]],
    },
  );

  test('comes back as the rows that the migration has made it of', async () => {
    const standing = { schema: SCHEMA, rows: IN_TEAM };
    expect(await broughtBack(models, [document], standing)).toEqual({
      rows: [
        {
          workspace: 'team',
          name: 'né.w',
          creation_time: 2n ** 53n + 1n,
          last_updated_time: null,
          description: '',
        },
      ],
      faults: [],
    });
    const tags = await broughtBack(modelTags, [document], standing);
    expect(tags.rows).toEqual([
      { workspace: 'team', name: 'né.w', key: '$k.e', value: 'v' },
      // The migration writes '' for NULL, which a row keeps.
      { workspace: 'team', name: 'né.w', key: 'empty', value: '' },
    ]);
    expect(modelTags?.standsForNull).toEqual({ value: '' });
    expect((await broughtBack(aliases, [document], standing)).rows).toEqual([
      { workspace: 'team', name: 'né.w', alias: 'champion', version: 3 },
    ]);
  });

  test('that the plugin has made belongs to the default workspace', async () => {
    const made = { _id: new ObjectId(), name: 'made', creation_timestamp: 1, last_updated_timestamp: 1, tags: [] };
    const { rows, faults } = await broughtBack(models, [made], { schema: SCHEMA });
    expect(rows).toMatchObject([{ workspace: 'default', name: 'made' }]);
    expect(faults).toEqual([]);
  });

  test('is not told from one of the same name in another workspace', async () => {
    const rows = { registered_models: [...IN_TEAM.registered_models, { name: 'né.w', workspace: 'other' }] };
    const found = await broughtBack(models, [document], { schema: SCHEMA, rows });
    expect(found.rows).toEqual([]);
    expect(found.faults).toEqual([expect.stringMatching(/^name: several workspaces/)]);
  });

  test('keeps neither a deployment job nor what the plugin does not write', async () => {
    const odd = { _id: new ObjectId(), name: 'odd', deployment_job_id: 'job', colour: 'red', version_counter: 7 };
    const { faults } = await broughtBack(models, [odd], { schema: SCHEMA });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['colour', 'deployment_job_id']);
  });
});

describe('a version', () => {
  const definition = collectionOf(layoutOf(SCHEMA), 'model_versions');
  const id = new ObjectId();
  const named = { schema: SCHEMA, documents: { registered_models: [{ _id: id, name: 'named' }] } };
  const made = {
    _id: new ObjectId(),
    registered_model_id: id,
    version: 2,
    creation_timestamp: 1,
    current_stage: 'None',
    source: 'models:/m-1',
    status: 'READY',
    model_id: 'm-1',
    tags: [{ key: 'k', value: 'v' }],
  };

  test('has the name of the model whose id it has, whatever that is now', async () => {
    const document = bytesOf(definition, {
      name: 'before',
      version: 12n,
      current_stage: 'Staging',
      source: 's',
      run_id: 'r',
    });
    const parent = bytesOf(collectionOf(layoutOf(SCHEMA), 'registered_models'), { name: 'before' });
    const { rows, faults } = await broughtBack(versions, [document], {
      schema: SCHEMA,
      rows: { registered_models: [{ name: 'before', workspace: 'team' }] },
      documents: { registered_models: [parent] },
    });
    expect(rows).toMatchObject([
      {
        workspace: 'team',
        name: 'before',
        version: 12,
        current_stage: 'Staging',
        source: 's',
        run_id: 'r',
        user_id: null,
      },
    ]);
    expect(faults).toEqual([]);
    // By REST, the plugin gets '' where there is no logged model.
    const byRest = { ...made, model_id: '', source: 's3://b/m' };
    for (const one of [made, byRest])
      expect(await broughtBack(versions, [one], named)).toMatchObject({
        rows: [{ name: 'named', version: 2 }],
        faults: [],
      });
    expect((await broughtBack(versionTags, [made], named)).rows).toEqual([
      { workspace: 'default', name: 'named', version: 2, key: 'k', value: 'v' },
    ]);
  });

  test.each([
    ['a logged model that its source does not name', { model_id: 'm-2' }, 'model_id'],
    ['a model that is not there', { registered_model_id: new ObjectId() }, 'registered_model_id'],
    ['a field that the plugin does not write', { colour: 'red' }, 'colour'],
  ])('does not come back with %s', async (_what, changed, field) => {
    const { faults } = await broughtBack(versions, [{ ...made, ...changed }], named);
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([field]);
  });

  test('that was deleted stays, with its number and what both stores leave of it', async () => {
    const deleted = {
      ...made,
      current_stage: 'Deleted_Internal',
      source: 'REDACTED-SOURCE-PATH',
      run_id: 'REDACTED-RUN-ID',
    };
    const { rows, faults } = await broughtBack(versions, [deleted], named);
    expect(rows).toMatchObject([{ version: 2, current_stage: 'Deleted_Internal', source: 'REDACTED-SOURCE-PATH' }]);
    expect(faults).toEqual([]);
  });
});
