import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findQuantities } from '../../../src/agents/task/understand/quantities.ts';
import { readPrompt } from '../../../src/agents/task/understand/reading.ts';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import type { FixedAnswers } from '../../../src/agents/task/understand/understanding.ts';
import { editDistance, sameRoot, splitName } from '../../../src/agents/task/understand/words.ts';
import { mainFields, profileOf, type RequestScores, scoreRequests } from './score-requests.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/requests/${name}`, import.meta.url));

const churn = profileOf({
  rows: 1000,
  columns: [
    'customer_id | text | id',
    'tenure | number | 0..72 int distinct=73',
    'plan | category | basic:600 pro:400',
    'price_eur | number | 5..90 distinct=500',
    'churned | category | no:740 yes:260',
  ],
});

function specOf(prompt: string, fixed?: FixedAnswers) {
  const result = understandRequest({ prompt, profile: churn, ...(fixed && { fixed }) });
  if (result.kind !== 'spec') throw new Error(`Expected a spec, got ${JSON.stringify(result)}`);
  return result.spec;
}

function report(scores: RequestScores): string {
  const wrong = scores.wrong.map(
    (entry) =>
      `#${entry.id} ${entry.field}: expected ${JSON.stringify(entry.expected)}, got ${JSON.stringify(entry.got)} (${entry.prompt})`,
  );
  return [...Object.entries(scores.fields).map(([field, { right, of }]) => `${field} ${right}/${of}`), ...wrong].join(
    '\n',
  );
}

describe('requests with known truth', () => {
  const first = scoreRequests(fixture('first-hundred.json'));

  it.each(mainFields)('reads %s right in at least 97 of the first hundred', (field) => {
    const { right, of } = first.fields[field]!;
    expect(of).toBe(100);
    expect(right / of, report(first)).toBeGreaterThanOrEqual(0.97);
  });

  it.each([
    ['more-requests.json', 0.97],
    ['third-batch.json', 0.97],
    ['fourth-batch.json', 0.97],
    ['fifth-batch.json', 0.97],
    ['sixth-batch.json', 0.97],
    ['seventh-batch.json', 0.92],
    ['second-hundred.json', 0.99],
  ] as const)(
    'reads the main fields of %s, which it was developed on, right in a share of at least %f',
    (file, least) => {
      const more = scoreRequests(fixture(file));
      for (const field of mainFields)
        expect(more.fields[field]!.right / more.fields[field]!.of, report(more)).toBeGreaterThanOrEqual(least);
    },
  );

  it('reads the main fields of the third hundred, which it was not developed on, right in at least 95 of 100', () => {
    const unseen = scoreRequests(fixture('third-hundred.json'));
    for (const field of mainFields) {
      expect(unseen.fields[field]!.right / unseen.fields[field]!.of, report(unseen)).toBeGreaterThanOrEqual(0.95);
    }
  });
});

describe('sources', () => {
  it('says where each field came from and quotes the user', () => {
    const spec = specOf('Predict who Churned with an AUC of at least 0.8 in under 5 ms.');
    expect(spec.target).toEqual({ value: 'churned', source: 'prompt', quote: 'Churned' });
    expect(spec.metrics).toEqual([
      { metric: 'rocAuc', threshold: 0.8, source: 'prompt', quote: 'AUC of at least 0.8' },
    ]);
    expect(spec.limits.latencyMs).toEqual({ value: 5, source: 'prompt', quote: 'under 5 ms' });
    expect(spec.inputs.source).toBe('default');
    expect(spec.positive).toEqual({ value: 'yes', source: 'default' });
  });

  it('takes the default metric and says that it is one', () => {
    expect(specOf('predict churned').metrics).toEqual([{ metric: 'rocAuc', source: 'default' }]);
  });

  it('never puts the target, weights, groups or ignored columns among the inputs', () => {
    const spec = specOf('predict churned, ignore the plan, weighted by tenure, several rows per customer');
    expect(spec.inputs.value).toEqual(['price_eur']);
    expect(spec.roles.weight?.value).toBe('tenure');
    expect(spec.roles.group?.value).toBe('customer_id');
    expect(spec.roles.ignore.map((column) => column.value)).toEqual(['plan']);
  });

  it('keeps a wish that no column can meet instead of dropping it', () => {
    expect(specOf('predict churned without using the postcode').unsupported.map((wish) => wish.code)).toEqual([
      'EXCLUSION_NOT_FOUND',
    ]);
  });
});

describe('answers fixed by the host', () => {
  it('win over the prompt', () => {
    const spec = specOf('predict churned', {
      target: 'price_eur',
      metrics: [{ metric: 'mae', threshold: 4 }],
      ignore: ['plan'],
      limits: { latencyMs: 1 },
    });
    expect(spec.target).toEqual({ value: 'price_eur', source: 'host' });
    expect(spec.task.value).toBe('regression');
    expect(spec.metrics).toEqual([{ metric: 'mae', threshold: 4, source: 'host' }]);
    expect(spec.roles.ignore).toEqual([{ value: 'plan', source: 'host' }]);
    expect(spec.limits.latencyMs).toEqual({ value: 1, source: 'host' });
  });

  it('settle a target that the prompt leaves open, in any language', () => {
    expect(specOf('Sage bitte voraus, welche Kunden kündigen', { target: 'churned' }).target.source).toBe('host');
  });

  it('are refused where they name a column that is not there', () => {
    expect(() => specOf('predict churned', { target: 'chrun' })).toThrowError(
      expect.objectContaining({ code: 'COLUMN_UNKNOWN' }),
    );
  });
});

describe('questions', () => {
  it('have a default among their options', () => {
    const result = understandRequest({
      prompt: 'please do something useful',
      profile: profileOf({ rows: 50, columns: ['a | number | 0..1', 'b | number | 0..1'] }),
    });
    expect(result.kind).toBe('clarify');
    if (result.kind === 'clarify') expect(result.clarify[0]!.options).toContain(result.clarify[0]!.default);
  });
});

describe('any prompt', () => {
  const pieces = [
    'predict',
    'churned',
    '"',
    '(',
    '\u0000',
    '5 ms',
    '%',
    'not',
    'price',
    '\n',
    '`',
    '{x}',
    '__proto__',
    'at least',
    '1e309',
    '𝒳',
    'ignore',
    ',',
    '-3',
    '.',
    'per',
    'constructor',
    'ß',
    '٣',
    '<',
    '=',
    'weighted by',
    'only',
  ];

  it('gives a result, the same each time, and never throws', () => {
    let state = 7;
    for (let round = 0; round < 300; round += 1) {
      const words: string[] = [];
      for (let word = 0; word < 14; word += 1) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        words.push(pieces[(state >>> 8) % pieces.length]!);
      }
      const prompt = words.join(state & 1 ? ' ' : '');
      expect(understandRequest({ prompt, profile: churn })).toEqual(understandRequest({ prompt, profile: churn }));
    }
  });

  it('is read in less than a second where it is very long', () => {
    const prompt = `predict churned ${'please not more than 5 or and the customer '.repeat(120)}`;
    const start = performance.now();
    understandRequest({ prompt, profile: churn });
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('quantities', () => {
  it.each([
    ['at least 85 %', { value: 0.85, unit: 'share', bound: 'min' }],
    ['85% or better', { value: 0.85, unit: 'share', bound: 'min' }],
    ['no more than 5 ms', { value: 5, unit: 'time', bound: 'max' }],
    ['under half a second', { value: 500, unit: 'time', bound: 'max' }],
    ['less than a minute', { value: 60_000, unit: 'time', bound: 'max' }],
    ['up to 1.5 MB', { value: 1_500_000, unit: 'bytes', bound: 'max' }],
    ['within 2 MiB', { value: 2_097_152, unit: 'bytes', bound: 'within' }],
    ['9 out of 10', { value: 0.9, unit: 'share', bound: 'none' }],
    ['below 50k', { value: 50_000, unit: 'none', bound: 'max' }],
    ['at most $3,500', { value: 3500, unit: 'none', bound: 'max' }],
    ['over ninety five percent', { value: 0.95, unit: 'share', bound: 'min' }],
    ['± 3', { value: 3, unit: 'none', bound: 'within' }],
    ['> .9', { value: 0.9, unit: 'none', bound: 'min' }],
  ])('reads "%s"', (words, expected) => {
    expect(findQuantities(readPrompt(words, new Set()))[0]).toMatchObject(expected);
  });
});

describe('words', () => {
  it.each([
    ['survive', 'survival'],
    ['price', 'prices'],
    ['fraud', 'fraudulent'],
    ['predict', 'prediction'],
  ])('%s and %s are of one root', (a, b) => {
    expect(sameRoot(a, b)).toBe(true);
  });

  it.each([
    ['car', 'care'],
    ['state', 'station'],
    ['plan', 'plant'],
    ['class', 'claim'],
  ])('%s and %s are not', (a, b) => {
    expect(sameRoot(a, b)).toBe(false);
  });

  it.each([
    ['specis', 'species', 1],
    ['acuracy', 'accuracy', 1],
    ['teh', 'the', 1],
    ['abc', 'xyz', 3],
  ])('the distance of %s and %s is %d', (a, b, distance) => {
    expect(editDistance(a, b, 5)).toBe(distance);
  });

  it.each([
    ['MonthlyCharges', ['monthly', 'charges']],
    ['air temperature [K]', ['air', 'temperature']],
    ['readmit_30d', ['readmit', '30d']],
    ['sepal.length', ['sepal', 'length']],
    ['customerID', ['customer', 'id']],
  ])('takes %s apart', (name, words) => {
    expect(splitName(name)).toEqual(words);
  });
});
