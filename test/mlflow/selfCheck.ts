import { type Document, MongoClient, type UpdateFilter } from 'mongodb';

/** A value changed in each document of a collection, and the questions (by area) whose answers must show it. */
interface Damage {
  readonly area: string;
  readonly collection: string;
  /** That the document must have; null for any. */
  readonly field: string | null;
  readonly update: UpdateFilter<Document>;
}

const DAMAGES: readonly Damage[] = [
  { area: 'experiments', collection: 'experiments', field: null, update: { $set: { artifact_location: 'damaged' } } },
  { area: 'runs', collection: 'runs', field: 'metrics.0', update: { $inc: { 'metrics.0.step': 1 } } },
  { area: 'metric history', collection: 'run_metrics', field: null, update: { $set: { v: 0.123456789 } } },
  { area: 'registry', collection: 'model_versions', field: null, update: { $set: { description: 'damaged' } } },
  { area: 'logged models', collection: 'logged_models', field: null, update: { $set: { name: 'damaged' } } },
  { area: 'traces', collection: 'traces', field: null, update: { $set: { execution_duration: 987 } } },
];

/** Changes a value in each document that has it, so that any question shows it, and returns the areas in which that must be seen. */
export async function damage(mongodbUri: string): Promise<string[]> {
  const client = new MongoClient(mongodbUri);
  try {
    const areas: string[] = [];
    for (const { area, collection, field, update } of DAMAGES) {
      const where = field === null ? {} : { [field]: { $exists: true } };
      const active = collection === 'logged_models' ? { lifecycle_stage: 'active' } : {};
      const shown = collection === 'model_versions' ? { current_stage: { $ne: 'Deleted_Internal' } } : {};
      const result = await client
        .db()
        .collection(collection)
        .updateMany({ ...where, ...active, ...shown }, update);
      if (result.modifiedCount > 0) areas.push(area);
    }
    return areas;
  } finally {
    await client.close();
  }
}
