/** One end of a row that links two things: an id, and where it leads by what stands in another column. */
export interface TypedEnd {
  /** Column that says what {@link id} is the id of, null where that is always the same. */
  readonly type: string | null;
  readonly id: string;
  readonly parents: readonly TypedParent[];
}

/** Table and key that the id belongs to where the type is one of these names. */
export interface TypedParent {
  readonly names: readonly string[];
  readonly parent: string;
  readonly key: string;
  /** The row belongs to its other end, and what stands at this one comes along for its sake. */
  readonly isNeeded?: true;
}

const run = (...names: readonly string[]): TypedParent => ({ names, parent: 'runs', key: 'run_uuid' });

/** Things that MLflow associates with each other, from either end (`EntityAssociationType`). */
const ENTITIES: readonly TypedParent[] = [
  run('run'),
  { names: ['trace'], parent: 'trace_info', key: 'request_id' },
  { names: ['evaluation_dataset'], parent: 'evaluation_datasets', key: 'dataset_id', isNeeded: true },
  { names: ['experiment'], parent: 'experiments', key: 'experiment_id' },
];

/** Tables of MLflow that refer to others by a type beside an id, and therefore without a foreign key. */
export const TYPED_ENDS: Readonly<Record<string, readonly TypedEnd[]>> = {
  inputs: [
    {
      type: 'source_type',
      id: 'source_id',
      parents: [
        run('RUN_INPUT', 'RUN_OUTPUT'),
        { names: ['DATASET'], parent: 'datasets', key: 'dataset_uuid', isNeeded: true },
      ],
    },
    {
      type: 'destination_type',
      id: 'destination_id',
      parents: [
        run('RUN'),
        { names: ['MODEL_INPUT', 'MODEL_OUTPUT'], parent: 'logged_models', key: 'model_id', isNeeded: true },
      ],
    },
  ],
  input_tags: [{ type: null, id: 'input_uuid', parents: [{ names: [], parent: 'inputs', key: 'input_uuid' }] }],
  entity_associations: [
    { type: 'source_type', id: 'source_id', parents: ENTITIES },
    { type: 'destination_type', id: 'destination_id', parents: ENTITIES },
  ],
};
