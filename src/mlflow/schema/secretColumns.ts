import type { SourceTable } from '../../contract/sourceSchema.ts';

/** Columns of MLflow's tables that hold secrets, with the form they are stored in. */
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  users: { password_hash: 'hashes of passwords' },
  webhooks: { secret: 'secrets, encrypted by MLflow' },
  secrets: {
    encrypted_value: 'keys of model providers, encrypted by MLflow',
    wrapped_dek: 'the keys that these are encrypted with, themselves encrypted',
  },
};

/** Names that other columns with secrets bear. `input_tokens` is a number, `secret_id` a name. */
const SECRET_NAME =
  /(^|_)(password|passwd|passphrase|secret|token|api_?key|private_?key|credentials?)(_hash|_digest|_enc|_encrypted)?$/i;
const READABLE: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'bytea', 'json', 'jsonb']);

/** Columns with secrets, and what they hold: of MLflow's own as far as it is known, of others as their names say. */
export function secretColumns(table: SourceTable): readonly (readonly [column: string, what: string])[] {
  const known = SECRETS[table.name] ?? {};
  return table.columns.flatMap(({ name, type }) => {
    if (Object.hasOwn(known, name)) return [[name, known[name] as string] as const];
    return SECRET_NAME.test(name) && READABLE.has(type) ? [[name, 'secrets, by its name'] as const] : [];
  });
}
