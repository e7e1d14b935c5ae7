import { z } from 'zod';
import { StartRequest } from '../../contract/startRequest.ts';

/** The body of a start request as JSON Schema (2020-12), as documents of the interface hold it. */
export function startRequestSchema(): object {
  const { $schema: _, ...schema } = z.toJSONSchema(StartRequest);
  return schema;
}
