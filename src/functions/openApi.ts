import { startRequestSchema } from '../config/schemas/startRequestSchema.ts';
import { ERROR_KINDS } from '../errors.ts';
import { VERSION } from '../runtime/program.ts';
import { ROUTES, type Route } from './routes.ts';

const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['kind', 'message', 'hint'],
      properties: {
        kind: { type: 'string', enum: [...ERROR_KINDS] },
        message: { type: 'string' },
        hint: { type: 'string' },
      },
    },
  },
};

const refers = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function operation(name: string, route: Route): object {
  const parameters = [
    ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, key]) =>
      parameter(key as string, 'path', 'Name of the migration'),
    ),
    ...Object.entries(route.query ?? {}).map(([key, description]) => parameter(key, 'query', description)),
  ];
  const body = { required: true, content: { 'application/json': { schema: refers('StartRequest') } } };
  return {
    operationId: name,
    description: route.does,
    ...(route.isOpen ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.takesStartRequest ? { requestBody: body } : {}),
    responses: {
      [route.answer.status]: {
        description: route.answer.status === 202 ? 'Taken: what becomes of it, the status says' : 'What was asked for',
        content: Object.fromEntries(route.answer.types.map((type) => [type, {}])),
      },
      default: {
        description: 'What is wrong, and what to do; 401 has no body on Azure',
        content: { 'application/json': { schema: refers('Error') } },
      },
    },
  };
}

function parameter(name: string, place: 'path' | 'query', description: string): object {
  return { name, in: place, required: place === 'path', description, schema: { type: 'string' } };
}

/** The HTTP interface as an OpenAPI 3.1 document, made of the table of routes and the schema of the body. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = `/api/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'mlflow-migrate',
      version: VERSION,
      description:
        'Moves MLflow tracking databases from PostgreSQL to MongoDB and Azure Cosmos DB for MongoDB, and proves every row.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The function app' }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-functions-key' } },
      schemas: { StartRequest: startRequestSchema(), Error: ERROR },
    },
  };
}
