import { describe, expect, it } from 'vitest';
import { assessRequest, assessUnderstanding } from '../../../src/agents/task/assess/assess.ts';
import { assessChecks, assessOutcome, type MeasuredOutcome } from '../../../src/agents/task/assess/outcome.ts';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import { joinVerdicts, type ReasonCode, reasonKinds, type Verdict, verdictOf } from '../../../src/core/verdict.ts';
import { offerMessage, verdictMessage } from '../../../src/core/verdict-messages.ts';
import { profileOf } from './score-requests.ts';

const others = ['a | number | 0..9 distinct=400', 'b | category | x:300 y:300'];

function request(
  prompt: string,
  rows: number,
  target: string,
  columns: readonly string[] = others,
  hasTestData = false,
): Verdict {
  const profile = profileOf({ rows, columns: [...columns, target] });
  const understood = understandRequest({ prompt, profile });
  return understood.kind === 'spec'
    ? assessRequest(understood.spec, profile, { hasTestData })
    : assessUnderstanding(understood);
}

const codes = (verdict: Verdict): ReasonCode[] => verdict.reasons.map((reason) => reason.code);

describe('a request against its data', () => {
  it('is accepted without a reason where nothing speaks against it', () => {
    expect(request('predict label', 5000, 'label | category | no:3000 yes:2000')).toEqual({
      kind: 'accept',
      reasons: [],
    });
  });

  it.each<[string, number, string, string, ReasonCode]>([
    ['predict label', 0, 'label | category | no:1', 'reject', 'NO_DATA'],
    ['predict label', 500, 'label | category | no:500', 'reject', 'ONE_CLASS'],
    ['predict label', 19, 'label | category | no:10 yes:9', 'reject', 'TOO_FEW_ROWS'],
    ['predict label', 500, 'label | category | no:496 yes:4', 'reject', 'TOO_FEW_OF_CLASS'],
    ['predict label', 99, 'label | category | no:50 yes:49', 'accept-with-warning', 'NO_VAULT'],
    ['predict label', 500, 'label | category | no:260 yes:240', 'accept-with-warning', 'SMALL_DATA'],
    ['predict label', 5000, 'label | category | no:4900 yes:100', 'accept-with-warning', 'IMBALANCED'],
    [
      'predict label, accuracy of 80 %',
      5000,
      'label | category | no:4200 yes:800',
      'accept-with-warning',
      'THRESHOLD_TRIVIAL',
    ],
    [
      'predict label, accuracy of 100 %',
      5000,
      'label | category | no:3000 yes:2000',
      'accept-with-warning',
      'THRESHOLD_IMPLAUSIBLE',
    ],
    ['predict label', 5000, 'label | category | no:3000 yes:1900 missing=100', 'accept-with-warning', 'TARGET_MISSING'],
    [
      'predict label and explain each prediction',
      5000,
      'label | category | no:3000 yes:2000',
      'accept-with-warning',
      'UNSUPPORTED_WISH',
    ],
    ['forecast label for the next 3 weeks', 5000, 'label | number | 0..9 distinct=900', 'reject', 'FORECASTING'],
    ['cluster the rows', 5000, 'label | category | no:3000 yes:2000', 'reject', 'CLUSTERING'],
    ['predict the colour of the roof', 5000, 'size | number | 0..9 distinct=900', 'clarify', 'TARGET_NOT_FOUND'],
  ])('"%s" on %d rows with %s is %s for %s', (prompt, rows, target, kind, code) => {
    const verdict = request(prompt, rows, target);
    expect(verdict.kind).toBe(kind);
    expect(codes(verdict)).toContain(code);
  });

  it('needs no vault where the host has test data', () => {
    expect(codes(request('predict label', 60, 'label | category | no:30 yes:30', others, true))).not.toContain(
      'NO_VAULT',
    );
  });

  it('is refused where only identifiers and constants are left as inputs', () => {
    const verdict = request('predict label', 5000, 'label | category | no:3000 yes:2000', [
      'key | text | id',
      'site | category | x:5000',
    ]);
    expect(verdict.kind).toBe('reject');
    expect(codes(verdict)).toContain('NO_INPUTS');
  });

  it('offers the nearest thing for another kind of task', () => {
    expect(request('cluster the rows', 500, 'label | category | no:300 yes:200').offer?.change).toBe('task');
  });
});

describe('what was measured', () => {
  const profile = profileOf({ rows: 5000, columns: [...others, 'label | category | no:3000 yes:2000'] });
  const understood = understandRequest({ prompt: 'predict label, auc at least 0.9, under 2 ms', profile });
  if (understood.kind !== 'spec') throw new Error('Expected a spec.');
  const { spec } = understood;
  const measured = (value: number, low: number, high: number, latencyMs = 1): MeasuredOutcome => ({
    scores: [{ metric: 'rocAuc', value, low, high }],
    baseline: [{ metric: 'rocAuc', value: 0.5 }],
    rows: 1000,
    resources: { latencyMs },
  });

  it.each<[string, MeasuredOutcome, string, ReasonCode[]]>([
    ['a reached target is accepted', measured(0.93, 0.91, 0.95), 'accept', []],
    ['a missed target is a counter-offer', measured(0.85, 0.82, 0.88), 'counter-offer', ['TARGET_MISSED']],
    ['no signal is refused', measured(0.51, 0.48, 0.54), 'reject', ['NO_SIGNAL', 'TARGET_MISSED']],
    ['a broken limit is a counter-offer', measured(0.93, 0.91, 0.95, 3), 'counter-offer', ['LIMIT_BELOW_MEASURED']],
    ['a perfect score is a warning', measured(1, 0.99, 1), 'accept-with-warning', ['PERFECT_SCORE']],
  ])('%s', (_, outcome, kind, expected) => {
    const verdict = assessOutcome(spec, outcome);
    expect(verdict.kind).toBe(kind);
    expect(codes(verdict)).toEqual(expected);
    if (kind === 'counter-offer') expect(offerMessage(verdict.offer!)).toMatch(/^On offer: /u);
  });

  it.each([
    ['ranking by its inputs is a signal, though all positive has a greater recall', 0.8, 'accept', []],
    ['ranking as by chance is none, whatever the recall', 0.42, 'reject', ['NO_SIGNAL']],
  ])('of recall: %s', (_, averagePrecision, kind, expected) => {
    const asked = understandRequest({ prompt: 'predict label, recall at least 0.6', profile });
    if (asked.kind !== 'spec') throw new Error('Expected a spec.');
    const score = { metric: 'averagePrecision', value: averagePrecision };
    const verdict = assessOutcome(asked.spec, {
      scores: [
        { metric: 'recall', value: 0.7, low: 0.65, high: 0.75 },
        { ...score, low: averagePrecision - 0.05, high: averagePrecision + 0.05 },
      ],
      baseline: [
        { metric: 'recall', value: 1 },
        { metric: 'averagePrecision', value: 0.4 },
      ],
      rows: 1000,
      resources: {},
    });
    expect(verdict.kind).toBe(kind);
    expect(codes(verdict)).toEqual(expected);
    if (kind === 'reject') expect(verdict.reasons[0]!.evidence).toMatchObject({ ...score, baseline: 0.4 });
  });

  it('a check that leaves no input is refused', () => {
    const verdict = assessChecks(spec, [{ code: 'LEAKING_COLUMN', evidence: { column: 'a', score: 1 } }], 0);
    expect(verdict.kind).toBe('reject');
    expect(codes(verdict)).toEqual(['LEAKING_COLUMN', 'NO_INPUTS']);
  });
});

describe('verdicts', () => {
  it('accumulate reasons, once each, and the worst kind wins', () => {
    const small = verdictOf([{ code: 'SMALL_DATA', evidence: { rows: 500 } }]);
    const missed = verdictOf([{ code: 'TARGET_MISSED', evidence: { metric: 'rmse', threshold: 3, value: 4 } }]);
    const joined = joinVerdicts(small, missed, small);
    expect(joined.kind).toBe('counter-offer');
    expect(codes(joined)).toEqual(['SMALL_DATA', 'TARGET_MISSED']);
  });

  it.each(Object.keys(reasonKinds) as ReasonCode[])('%s has words, also without evidence', (code) => {
    const message = verdictMessage({ code, evidence: {} });
    expect(message).toContain('What can be done: ');
    expect(message).not.toMatch(/undefined|NaN|\[object/u);
  });

  it('say the numbers of the evidence', () => {
    expect(
      verdictMessage({
        code: 'TARGET_MISSED',
        evidence: { metric: 'rmse', threshold: 3, greater: false, value: 3.456, low: 3.1, high: 3.9 },
      }),
    ).toBe(
      'RMSE of at most 3 was asked, and 3.46 was reached (between 3.1 and 3.9). The model is there, but it is not as good as wished. What can be done: accept what was reached, add rows or columns, or give more budget.',
    );
  });
});
