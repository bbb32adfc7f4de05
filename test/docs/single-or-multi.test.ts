import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Measured, pageOf } from '../../bench/agents/page.ts';

it('the page on one agent or four says what was measured, and nothing else', () => {
  const read = (ending: string) => readFileSync(`docs/experiments/single-or-multi.${ending}`, 'utf8');
  expect(read('md')).toBe(pageOf(JSON.parse(read('json')) as Measured[]));
});
