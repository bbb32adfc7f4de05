import { describe, expect, it } from 'vitest';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import { profileOf } from './score-requests.ts';

const loans = profileOf({
  rows: 5000,
  columns: [
    'loan_id | number | 1..5000 int id',
    'applicant_income | number | 9000..300000 distinct=4000',
    'loan_amount | number | 1000..60000 distinct=1400',
    'branch | category | north:2000 south:1800 west:1200',
    'default | category | no:4300 yes:700',
  ],
});
const shop = profileOf({
  rows: 9000,
  columns: [
    'visitor_type | category | returning:6000 new:2500 other:500',
    'sale_channel | category | web:5000 app:3000 desk:1000',
    'sale_total | number | 1..900 distinct=700',
    'patience_s | number | 0..90 distinct=80',
    'purchased | boolean | false:8000 true:1000',
  ],
});

function read(prompt: string, profile = shop) {
  const result = understandRequest({ prompt, profile });
  if (result.kind === 'spec')
    return { target: result.spec.target.value, positive: result.spec.positive?.value, metric: result.spec.metrics[0]! };
  return result.kind === 'reject'
    ? { code: result.reject.code }
    : { code: result.code, options: result.clarify[0]!.options };
}

describe('requests that two columns fit', () => {
  it.each(['Which visitors are going to buy something?', 'which visitors will purchase'])(
    'take what people do and not who they are in "%s"',
    (prompt) => {
      expect(read(prompt)).toMatchObject({ target: 'purchased', positive: 'true' });
    },
  );

  it.each([
    ['Which visitors are worth a call?', shop, 'purchased', 'visitor_type'],
    ['Spot the ones who never earn enough to live', loans, 'default', 'applicant_income'],
  ])('are asked back for "%s"', (prompt, profile, likely, other) => {
    const result = read(prompt, profile);
    expect(result).toMatchObject({ code: 'TARGET_AMBIGUOUS' });
    expect(result.options?.[0]).toBe(likely);
    expect(result.options).toContain(other);
  });

  it('are asked back where the subject of a question is a column and its verb is none', () => {
    expect(read('Will a branch do well?', loans)).toMatchObject({ code: 'TARGET_AMBIGUOUS' });
  });

  it.each(['Which branch managers never call back?', 'Does it come to more than 20000?'])(
    'are asked back where no column is meant: "%s"',
    (prompt) => {
      expect(read(prompt, loans).options).toContain('default');
    },
  );

  it.each([
    ['Will a sale reach more than 300?', shop],
    ['Will a branch lend a loan amount of over 20k?', loans],
  ])('are a comparison with a limit in "%s"', (prompt, profile) => {
    expect(read(prompt, profile)).toEqual({ code: 'DERIVED_TARGET' });
  });
});

describe('what is paid back', () => {
  it.each([
    ["Spot people who don't pay back", 'yes'],
    ['Which applicants fail to pay their loan back?', 'yes'],
    ['Who will pay us back?', 'no'],
  ])('is the opposite of a default: "%s"', (prompt, positive) => {
    expect(read(prompt, loans)).toMatchObject({ target: 'default', positive });
  });
});

describe('words about the outcome', () => {
  it.each([
    'Classify visits by visitor type, accuracy 90%',
    'Categorise visits according to visitor type, accuracy 90%',
  ])('"%s" names what is sorted by', (prompt) => {
    expect(read(prompt)).toMatchObject({ target: 'visitor_type', metric: { metric: 'accuracy', threshold: 0.9 } });
  });

  it('take one column of numbers behind "classify by" for an input', () => {
    expect(read('Classify visitors by patience, macro F1').target).not.toBe('patience_s');
  });

  it.each([
    ["Predict default. I'd rather refuse some good ones than let a bad one slip through.", 'recall'],
    ['Predict default. We must not overlook any bad payers.', 'recall'],
  ])('"%s" asks for recall', (prompt, metric) => {
    expect(read(prompt, loans)).toMatchObject({ target: 'default', metric: { metric } });
  });
});

describe('words that only look like wishes', () => {
  const specOf = (prompt: string) => {
    const result = understandRequest({ prompt, profile: shop });
    if (result.kind !== 'spec') throw new Error(`Expected a spec, got ${JSON.stringify(result)}`);
    return result.spec;
  };

  it.each([
    ['Predict sale_total, the nightly value', []],
    ['Predict sale_total and retrain it nightly', ['SCHEDULE']],
    ['Predict sale_total. It runs on Android, so at most 1 MB.', []],
    ['Predict sale_total. Deploy to Android, at most 1 MB.', ['DEPLOY_ELSEWHERE']],
  ])('%s', (prompt, codes) => {
    expect(specOf(prompt).unsupported.map((wish) => wish.code)).toEqual(codes);
  });

  it.each([
    'Build something that predicts sale_total of second-hand goods, a second-hand car say',
    'Train a model of sale_total for a second home',
  ])('"%s" has no limit of time', (prompt) => {
    expect(specOf(prompt).limits).toEqual({});
  });
});
