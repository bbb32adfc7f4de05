import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorTable } from '../../src/core/errors.ts';
import { reasonKinds } from '../../src/core/verdict.ts';
import { problemTable } from '../../src/tools/serve/problems.ts';
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

const facts = verdictsTable().split('\n').slice(2);

it('every code of a verdict is in the table', () => {
  expect(facts).toHaveLength(Object.keys(reasonKinds).length);
});

it.each(facts.map((line) => line.split(' | ') as [string, string, string]))(
  'the verdict %s says what happened, what it means, and what can be done',
  (_, __, words) => {
    const [said, todo, ...more] = words.replace(/ \|$/u, '').split(' What can be done: ');
    expect(more).toEqual([]);
    // What happened and what it means: two sentences, or two parts of one.
    expect(said).toMatch(/^[A-Z"\d].*([.;,].+)\.$/u);
    expect(todo).toMatch(/^[a-z].{10,}\.$/u);
    expect(words).not.toMatch(/undefined|NaN|\[object|unknown/u);
  },
);

it.each(Object.entries(problemTable))('the answer %s says what happened, and what can be done', (_, { detail }) => {
  expect(detail).toMatch(/^[A-Z].*[.;:,].+\.$/u);
});
