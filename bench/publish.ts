/** `npm run bench:publish`: the latest kept results at scale 10, as docs/speed.svg and the figures of docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFigures } from './figureTables.ts';
import { publishedResults } from './publishedResults.ts';
import { renderSpeedChart } from './speedChart.ts';

const DOCS = join(import.meta.dirname, '../docs');
const PAGE = join(DOCS, 'performance.md');

const kept = publishedResults();
writeFileSync(join(DOCS, 'speed.svg'), renderSpeedChart({ tables: kept.tables.result, mlflow: kept.mlflow.result }));
writeFileSync(PAGE, withFigures(readFileSync(PAGE, 'utf8'), kept));
