import { describe, expect, it } from 'vitest';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import { sameRoot, splitName } from '../../../src/agents/task/understand/words.ts';
import { profileOf } from './score-requests.ts';

const profile = profileOf({
  rows: 3000,
  columns: [
    'member | category | id',
    'visits | number | int 0..400',
    'mrr_usd | number | 1..90',
    'wait_min | number | 0..90',
    'team | category | distinct=30',
    'callback_7d | category | no:2500 yes:500',
    'renewed | category | yes:2100 no:900',
  ],
});

function specOf(prompt: string) {
  const result = understandRequest({ prompt, profile });
  if (result.kind !== 'spec') throw new Error(`Expected a spec, got ${JSON.stringify(result)}`);
  return result.spec;
}

describe('words of requests', () => {
  it.each([
    ['resolve', 'resolution', true],
    ['converted', 'conversion', true],
    ['respond', 'response', true],
    ['region', 'resolution', false],
  ])('takes %s and %s for one root: %s', (a, b, expected) => {
    expect(sameRoot(a, b)).toBe(expected);
  });

  it('takes a number from the end of a long name only', () => {
    expect([splitName('readmit30'), splitName('x1')]).toEqual([['readmit', '30'], ['x1']]);
  });

  it.each([
    ['Which members will not renew?', 'renewed', 'no'],
    ['Who will renew?', 'renewed', 'yes'],
    ['Will a member call back within a week?', 'callback_7d', 'yes'],
  ])('finds the outcome that "%s" asks for', (prompt, target, positive) => {
    const spec = specOf(prompt);
    expect([spec.target.value, spec.positive?.value]).toEqual([target, positive]);
  });

  it('finds a column by the initials of what was said', () => {
    expect(specOf('Estimate the monthly recurring revenue').target.value).toBe('mrr_usd');
  });

  it.each([
    ["Predict renewed. Accuracy isn't important, AUC is: at least 0.8", 'rocAuc', 0.8],
    ['Predict renewed. Metric: ROC AUC. Min: 0.7.', 'rocAuc', 0.7],
    ['Predict renewed, Gini of at least 0.4', 'rocAuc', 0.7],
    ['Predict renewed. I care about catching those who leave, at most 1 in 4 alarms false.', 'precision', 0.75],
    ['Predict renewed; no more than 10 % of alerts may be wrong', 'precision', 0.9],
    ['Predict wait_min with an MAE under 30 seconds', 'mae', 0.5],
    ['Predict wait_min, mean error below 5 percent', 'mape', 0.05],
  ])('reads the score of "%s"', (prompt, metric, threshold) => {
    expect(specOf(prompt).metrics).toMatchObject([{ metric, threshold }]);
  });

  it.each(['Predict visits; hold out whole teams.', 'Predict visits for teams it has never seen.'])(
    'keeps the rows of a group together for "%s"',
    (prompt) => {
      expect(specOf(prompt).roles.group?.value).toBe('team');
    },
  );

  it('takes "leave them out" for the columns that were named last', () => {
    const { ignore } = specOf('Predict visits. Team and mrr_usd come later, so leave them out.').roles;
    expect(ignore.map((column) => column.value).sort()).toEqual(['mrr_usd', 'team']);
  });

  it.each([
    ['Predict visits with R2 above -1', 'r2', -1],
    ['Predict visits, r2>=-1', 'r2', -1],
    ['Predict visits. R2: −0.5 or better', 'r2', -0.5],
    ['Predict visits with an R2 of minus 0.5 or more', 'r2', -0.5],
    ['Predict visits, R2 at least negative 0.3', 'r2', -0.3],
    ['Predict visits, r2>=0.5', 'r2', 0.5],
    ['Predict renewed, mcc≥-.1', 'mcc', -0.1],
    ['Predict visits: R2 - at least 0.4', 'r2', 0.4],
  ])('keeps the sign of "%s"', (prompt, metric, threshold) => {
    expect(specOf(prompt).metrics).toMatchObject([{ metric, threshold }]);
  });

  it.each([
    ['Classify the visits.', 'Classify'],
    ['Predict the class of visits', 'class'],
    ['How many visits?', undefined],
    ['Predict the visits', undefined],
  ])('says that "%s" is of a number with more values than classes are made of', (prompt, quote) => {
    const { task, unsupported } = specOf(prompt);
    expect(task.value).toBe('regression');
    expect(unsupported).toEqual(quote === undefined ? [] : [{ code: 'CLASSES_OF_NUMBER', quote }]);
  });

  it('reads a request whatever signs the names of columns are made of', () => {
    const odd = ['$(touch /tmp/x)', '-', '^$\\.*+?()[]{}|/-', '?'.repeat(1000), '\ud800', '(', '👩‍👩‍👧', '🏳️‍🌈'];
    const signs = profileOf({ rows: 500, columns: [...odd, 'price'].map((name) => `${name} | number | 1..90`) });
    for (const name of odd) {
      const result = understandRequest({
        prompt: `Predict the price from "${name}" alone - and well.`,
        profile: signs,
      });
      expect(result.kind === 'spec' && result.spec.target.value).toBe('price');
    }
    const result = understandRequest({ prompt: 'Predict 👩‍👩‍👧', profile: signs });
    expect(result.kind === 'spec' && result.spec.target.value).toBe('👩‍👩‍👧');
  });

  it('knows a column by its signs, where its name has no letters', () => {
    const signs = profileOf({
      rows: 500,
      columns: [
        '🔥 | number | int 0..400',
        '❤️ | category | a:200 b:300',
        '% | number | 0..9',
        'price | number | 1..90',
      ],
    });
    const read = (prompt: string) => {
      const result = understandRequest({ prompt, profile: signs });
      return result.kind === 'spec' ? result.spec : expect.unreachable(result.kind);
    };
    expect(read('Predict 🔥').target.value).toBe('🔥');
    expect(read('Predict the ❤ column').target.value).toBe('❤️');
    expect(read('Predict "%" from the rest').target.value).toBe('%');
    const priced = read('Predict the price within 5 %, ignore 🔥.');
    expect([priced.target.value, priced.roles.ignore.map(({ value }) => value)]).toEqual(['price', ['🔥']]);
  });
});
