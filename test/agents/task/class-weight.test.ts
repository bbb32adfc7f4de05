import { describe, expect, it } from 'vitest';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import { profileOf } from './score-requests.ts';

const profile = profileOf({
  rows: 3000,
  columns: [
    'amount | number | 0..400',
    'balance | number | 1..90',
    'fraud | category | no:2880 yes:120',
    'class | category | a:1000 b:1900 c:100',
  ],
});

function specOf(prompt: string, fixed = {}) {
  const result = understandRequest({ prompt, profile, fixed });
  if (result.kind !== 'spec') throw new Error(`Expected a spec, got ${JSON.stringify(result)}`);
  return result.spec;
}

describe('the weight of classes', () => {
  it.each([
    ['Predict fraud; balance the classes.', 'balance the classes'],
    ['Predict fraud, balancing the classes', 'balancing the classes'],
    ['Predict fraud with balanced class weights.', 'balanced class weights'],
    ['Predict fraud. Use class weights.', 'class weights'],
    ["Predict fraud (class_weight='balanced')", "class_weight='balanced'"],
    ['Predict fraud. The rare class matters.', 'rare class matters'],
    ['Predict fraud. The rare cases matter more.', 'rare cases matter'],
    ['Predict fraud; we care most about the minority class', 'care most about the minority class'],
    ['Predict fraud and give more weight to the rarer class', 'more weight to the rarer class'],
    ['Predict fraud; don’t ignore the minority class'.replace('’', "'"), "don't ignore the minority class"],
    ['Predict fraud. Every class should count equally.', 'Every class should count equally'],
    ['Predict fraud and treat all classes alike.', 'treat all classes alike'],
    ['Predict fraud; correct for class imbalance', 'correct for class imbalance'],
    ['Predict fraud and handle the imbalance', 'handle the imbalance'],
    ['Predict class. Weight each class by its inverse frequency.', 'Weight each class by its inverse'],
  ])('is asked for by "%s"', (prompt, quote) => {
    const { classWeight, unsupported, target, metrics } = specOf(prompt);
    expect(classWeight).toEqual({ value: 'balanced', source: 'prompt', quote });
    expect(unsupported).toEqual([]);
    expect(['fraud', 'class']).toContain(target.value);
    expect(metrics[0]!.source).toBe('default');
  });

  it.each([
    'Predict fraud. Do not balance the classes.',
    'Predict fraud without class weights',
    'Predict fraud, no balanced weights.',
    'Predict fraud and leave the classes as they are.',
    'Balance the classes, or rather do not: predict fraud and keep the classes as they are',
  ])('is refused by "%s"', (prompt) => {
    expect(specOf(prompt).classWeight).toMatchObject({ value: 'none', source: 'prompt' });
  });

  it.each([
    'Predict fraud with a balanced accuracy of at least 0.8',
    'Predict fraud with the best balanced class accuracy',
    'Predict fraud from the balance.',
    'Predict the class.',
    'Predict fraud; rare classes are joined already.',
    'Predict fraud. The classes are balanced.',
    'Fraud is rare. Which transactions are fraud?',
  ])('is not spoken of by "%s"', (prompt) => {
    expect(specOf(prompt).classWeight).toBeUndefined();
  });

  it('is not spoken of where a column has its name', () => {
    const named = profileOf({
      rows: 500,
      columns: ['class_weight | number | 1..90', 'fraud | category | no:400 yes:100'],
    });
    const result = understandRequest({ prompt: 'Predict fraud from class_weight', profile: named });
    expect(result.kind === 'spec' && result.spec.classWeight).toBeUndefined();
  });

  it('is what the host has fixed, whatever the prompt says', () => {
    const { classWeight } = specOf('Predict fraud; balance the classes.', { classWeight: 'none' });
    expect(classWeight).toEqual({ value: 'none', source: 'host' });
  });

  it('can’t be had of a number, and the request is told so', () => {
    const { classWeight, unsupported } = specOf('Predict the amount; balance the classes.');
    expect(classWeight).toBeUndefined();
    expect(unsupported).toEqual([{ code: 'BALANCE_OF_NUMBER', quote: 'balance the classes' }]);
  });
});
