/**
 * Condition over `pg_class c` and `pg_namespace n`: tables of the same schema inherit from an ordinary table. They are
 * carried on their own. Heirs in other schemas are not (TimescaleDB keeps its chunks so), and come with their parent.
 */
export const HAS_HEIRS = `(c.relkind = 'r' and exists (select from pg_inherits i join pg_class h on h.oid = i.inhrelid
   where i.inhparent = c.oid and h.relnamespace = n.oid))`;
