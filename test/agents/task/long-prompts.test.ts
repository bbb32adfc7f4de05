import { describe, expect, it } from 'vitest';
import { condense } from '../../../src/agents/task/understand/condense.ts';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { checkRequest } from '../../../src/core/request.ts';
import type { ColumnProfile, TableProfile } from '../../../src/tools/data/profile/profile.ts';

const column = (name: string, kind: ColumnProfile['kind'] = 'number', distinct = 50): ColumnProfile => ({
  name,
  kind,
  missing: 0,
  distinct,
  distinctExact: true,
  identifier: false,
});
const profile: TableProfile = {
  rowCount: 1000,
  duplicateRows: 0,
  columns: [column('age'), column('churn', 'category', 2), column('price'), column('plan', 'category', 3)],
};
const most = 20_000;
const read = (prompt: string) => understandRequest({ prompt, profile });
/** The least of three times, after a first one that compiles the patterns. */
const millisecondsOf = (prompt: string): number => {
  read(prompt);
  return Math.min(
    ...[1, 2, 3].map(() => {
      const started = performance.now();
      read(prompt);
      return performance.now() - started;
    }),
  );
};

describe('a prompt that says the same again and again', () => {
  it.each([
    ', ',
    'please, ',
    'so and ',
    'predict churn ',
    'predict the price from the age ',
    'accuracy of at least 0.9 ',
    'price or churn ',
    'ignore age ',
    'in in ',
    'not ',
    '1 ',
    'under 5 ms ',
    '( ',
    '"',
    'a',
    'aaaaaaaaaa ',
    'не ',
    '的',
    '\n',
    '. ',
  ])('is read in under 100 ms at 20,000 characters: %j', (unit) => {
    expect(millisecondsOf(unit.repeat(Math.ceil(most / unit.length)).slice(0, most))).toBeLessThan(100);
  });

  it('is understood as if it were said once', () => {
    const once = 'Predict churn with an accuracy of at least 0.8. Ignore the age.';
    const said = read(`${once} `.repeat(300).trim());
    expect(said).toMatchObject({ kind: 'spec', spec: { target: { value: 'churn' } } });
    expect(said.kind === 'spec' && said.spec.metrics[0]).toMatchObject({ metric: 'accuracy', threshold: 0.8 });
  });

  it('is refused at the door above 20,000 characters', () => {
    expect(() => checkRequest({ prompt: 'predict '.repeat(6250) })).toThrow(
      /prompt: Too big: expected string to have <=20000 characters/,
    );
  });
});

describe('a long prompt', () => {
  const words = new Set(['age', 'churn', 'price', 'plan']);
  const filler = Array.from({ length: 200 }, (_, i) => `Our office number ${i} is a nice place to be in summer.`);

  it('is read where it speaks of the data, wherever that stands', () => {
    const prompt = [...filler, 'Predict churn with a recall of at least 0.7.', ...filler.map((line) => `${line} Yes.`)]
      .join(' ')
      .slice(0, most);
    expect(read(prompt)).toMatchObject({ kind: 'spec', spec: { target: { value: 'churn', source: 'prompt' } } });
  });

  it('says how much of it is not read', () => {
    const { text, unread } = condense(filler.join(' '), words);
    expect(text.length + unread).toBe(filler.join(' ').length);
    expect(text.length).toBeLessThanOrEqual(2400);
    expect(condense('Predict churn.', words)).toEqual({ text: 'Predict churn.', unread: 0 });
  });

  it('takes no longer than a bounded one, whatever its words are', () => {
    const vocabulary =
      'predict churn the price and , . not without at least 0.9 accuracy under 5 ms a plan or from age ignore ( ) " which will rmse of in is because must equal'.split(
        ' ',
      );
    const random = createRandom('prompts');
    for (let i = 0; i < 5; i++) {
      let prompt = '';
      while (prompt.length < most) prompt += `${vocabulary[random.integer(vocabulary.length)]} `;
      // Far from what it would take unbounded, and room for a machine that is busy.
      expect(millisecondsOf(prompt.slice(0, most))).toBeLessThan(1000);
    }
  });
});
