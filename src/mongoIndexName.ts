/** The name of an index: its own, or that which MongoDB gives to one without, such as `run_uuid_1_key_1`. */
export function mongoIndexName({
  keys,
  name,
}: {
  readonly keys: readonly (readonly [field: string, direction: 1 | -1])[];
  readonly name?: string;
}): string {
  return name ?? keys.map(([field, direction]) => `${field}_${direction}`).join('_');
}
