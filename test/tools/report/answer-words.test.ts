import { expect, it } from 'vitest';
import { answerInWords, withMetricNames } from '../../../src/tools/report/answer-words.ts';

it.each([
  [{ metric: 'balancedAccuracy', threshold: 0.9 }, 'balanced accuracy, threshold 0.9'],
  [{ rows: 275 }, '275 rows'],
  [{ leaveOut: [] }, 'leave out none'],
  [{ use: ['a', 'b'] }, 'a, b'],
  [{ allowed: true }, 'allowed yes'],
  [
    { formatVersion: 1, budget: 'normal', steps: [{ step: 'split', agent: 'data' }, { step: 'trees' }] },
    'split, trees',
  ],
  [{ configurations: [{ learner: 'trees', values: { leaves: 8 } }] }, 'learner trees, values leaves 8'],
  [Array.from({ length: 20 }, (_, i) => `c${i}`), 'c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 8 more'],
  [null, 'null'],
] as const)('%j is "%s"', (answer, words) => {
  expect(answerInWords(answer)).toBe(words);
});

it('metrics in sentences have the names that people know', () => {
  expect(withMetricNames('chosen for balancedAccuracy, not for rocAuc')).toBe(
    'chosen for balanced accuracy, not for ROC AUC',
  );
});
