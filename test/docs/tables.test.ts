import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorTable } from '../../src/core/errors.ts';
import {
  booleansTable,
  decisionsTable,
  errorsTable,
  eventsTable,
  metricsTable,
  missingTable,
  operatorsList,
  stagesTable,
  verdictsTable,
} from './tables.ts';

// `npx vitest run test/docs -u` writes the tables into the pages.
it.each([
  ['errors', { errors: errorsTable }],
  ['events', { events: eventsTable }],
  ['verdicts', { verdicts: verdictsTable }],
  ['decisions', { decisions: decisionsTable }],
  ['how-it-works', { stages: stagesTable, metrics: metricsTable }],
  ['engine', { operators: operatorsList }],
  ['data-formats', { missing: missingTable, booleans: booleansTable }],
] as const)('docs/%s.md says what the code says', async (page, tables) => {
  const path = new URL(`../../docs/${page}.md`, import.meta.url).pathname;
  let text = readFileSync(path, 'utf8');
  for (const [name, table] of Object.entries(tables)) {
    const marks = new RegExp(`(<!-- ${name} -->\\n).*?(<!-- /${name} -->)`, 's');
    expect(text).toMatch(marks);
    text = text.replace(marks, (_, start: string, end: string) => `${start}${table()}\n${end}`);
  }
  await expect(text).toMatchFileSnapshot(path);
});

it.each(Object.entries(errorTable))('the error %s says what happened, and what can be done', (_, words) => {
  expect(words).toMatch(/^[A-Z].*[.;].+\.$/s);
});
