import { describe, expect, it } from 'vitest';
import { type AnswerFacts, respond } from '../../../src/agents/task/respond/respond.ts';
import { verdictOf } from '../../../src/core/verdict.ts';

const success: AnswerFacts = {
  status: 'complete',
  task: 'binary',
  target: 'churned',
  model: 'boosted trees',
  verdict: verdictOf([]),
  scores: [
    {
      metric: 'rocAuc',
      score: { value: 0.8713, source: 'vault' },
      low: 0.851,
      high: 0.889,
      baseline: { value: 0.5, source: 'vault' },
      threshold: 0.85,
      probability: 0.97,
    },
  ],
  trainingRows: { value: 5634, source: 'counted' },
  testRows: { value: 1409, source: 'counted' },
  inputs: { value: 18, source: 'counted' },
  sizeBytes: { value: 241_000, source: 'measured' },
  latencyP50Ms: { value: 0.21, source: 'measured' },
  latencyP99Ms: { value: 0.4, source: 'measured' },
  important: ['tenure', 'Contract'],
  modelPath: 'out/model.onnx',
};

describe('the answer of a run', () => {
  it('tells a success with every score, its source and what was asked', () => {
    expect(respond(success)).toEqual([
      'The model is ready: boosted trees that says how likely "churned" is, from 18 inputs, trained on 5634 rows.',
      'ROC AUC is 0.871 (95 % interval 0.851 to 0.889), on 1409 test rows that it had never seen; without any input it would be 0.5; the probability that it meets 0.85 is 0.97.',
      'What was asked is reached.',
      'The file has 241 kB; a prediction takes 0.21 ms (99 of 100 at most 0.4 ms), measured on this machine.',
      'It goes mostly by "tenure" and "Contract".',
      'The model is in out/model.onnx.',
    ]);
  });

  it('holds no number that is not among the facts', () => {
    const known = new Set([
      '0.871',
      '0.851',
      '0.889',
      '0.5',
      '0.85',
      '0.97',
      '18',
      '5634',
      '1409',
      '241',
      '0.21',
      '0.4',
      '95',
      '99',
      '100',
    ]);
    for (const line of respond(success))
      for (const number of line.match(/\d+(?:\.\d+)?/gu) ?? []) expect(known).toContain(number);
  });

  it('tells a missed target with what was reached and what is on offer', () => {
    const lines = respond({
      ...success,
      scores: [{ metric: 'rmse', score: { value: 4.2, source: 'cross-validation' }, threshold: 3 }],
      verdict: verdictOf([{ code: 'TARGET_MISSED', evidence: { metric: 'rmse', threshold: 3, value: 4.2 } }], {
        change: 'threshold',
        evidence: { metric: 'rmse', value: 4.2 },
      }),
    });
    expect(lines).toContain('RMSE is 4.2, by cross-validation, as there are no separate test rows.');
    expect(lines).toContain('What was asked is not reached: RMSE of at most 3.');
    expect(lines).toContain('On offer: this model with RMSE 4.2.');
  });

  it('tells why nothing was made, and what could be', () => {
    const lines = respond({
      status: 'declined',
      verdict: verdictOf([{ code: 'ONE_CLASS', evidence: { target: 'status' } }]),
    });
    expect(lines[0]).toBe('No model was made.');
    expect(lines[1]).toMatch(/Every row has the same value of "status".*What can be done/u);
  });

  it('asks its question with the proposal and tells how to go on', () => {
    const lines = respond({
      status: 'paused',
      runId: 'r1',
      questions: [
        {
          id: 'target',
          question: 'Which column should be predicted?',
          options: ['a', 'b'],
          default: 'a',
          changes: 'Everything.',
        },
      ],
    });
    expect(lines).toEqual([
      'Which column should be predicted? Proposed: "a". Possible: "a", "b". Everything.',
      'Resume run r1 to go on.',
    ]);
  });
});
