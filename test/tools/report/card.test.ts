import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/core/helpers/canonical-json.ts';
import { cardJson, clockFreeCard } from '../../../src/tools/report/card.ts';
import { cardMarkdown } from '../../../src/tools/report/card-markdown.ts';
import { reportHtml } from '../../../src/tools/report/report-html.ts';
import { runSummary } from '../../../src/tools/report/summary.ts';
import { valuesHeldBy } from '../../../src/tools/report/values-held.ts';
import { penguinSignature } from '../serve/fake-model.ts';
import { penguinFacts } from './facts.ts';

describe('a score beside a form with rounded weights', () => {
  const form = (name: 'float16' | 'int8' | 'float32', isDeployed: boolean) => ({
    form: name,
    isDeployed,
    isDelivered: true,
    sizeBytes: 1000,
  });
  const small = { ...penguinFacts, split: { ...penguinFacts.split!, vaultRows: 0 } };
  it.each([
    ['float16', small, /score in float32, not in ONNX in float16, which is the model/],
    ['int8', small, /score in float32, not in ONNX in int8, which is the model/],
    ['float32', small, undefined],
    ['float16', penguinFacts, undefined],
  ] as const)('is said to be that of float32 only where it is: %s', async (name, facts, words) => {
    const all = { ...facts, forms: [form(name, true)] };
    for (const text of [cardMarkdown(all), await reportHtml(all)])
      if (words === undefined) expect(text).not.toMatch(/This is the score in float32/);
      else expect(text).toMatch(words);
  });
});

describe('clockFreeCard', () => {
  it('is the same for another run id, time, duration, latency, host version and model hash', () => {
    const other = {
      ...penguinFacts,
      runId: 'other',
      startedAt: '2030-01-01T00:00:00Z',
      seconds: 99,
      trials: penguinFacts.trials.map((trial) => ({ ...trial, seconds: 7 })),
      resources: { sizeBytes: 48213, latencyMs: { p50: 9, p99: 10, count: 5 }, trainSeconds: 80 },
      environment: { ...penguinFacts.environment, node: '24.0.0' },
      hashes: { ...penguinFacts.hashes, model: 'f'.repeat(64) },
    };
    expect(canonicalJson(clockFreeCard(other))).toBe(canonicalJson(clockFreeCard(penguinFacts)));
  });

  it('has no run id, time or path in it', () => {
    const text = JSON.stringify(clockFreeCard(penguinFacts));
    expect(text).not.toContain(penguinFacts.runId);
    expect(text).not.toMatch(/seconds|latency|startedAt|2026/i);
  });
});

describe('cardJson', () => {
  it('is keyed by the hash of the model and holds the scores with their intervals', () => {
    const card = cardJson(penguinFacts);
    expect(card.model).toBe('a'.repeat(64));
    expect(card.scores).toMatchObject([{ metric: 'balancedAccuracy', value: 0.985, low: 0.952, high: 1 }, {}]);
    expect(card.resources).toMatchObject({ latencyMs: { p99: 0.12 } });
  });
});

describe('valuesHeldBy', () => {
  it('names each column of which the file holds values', () => {
    expect(valuesHeldBy(penguinSignature)).toEqual([
      { column: 'island', what: '2 values, and counts of the commonest' },
      {
        column: 'bill length',
        what: 'the 1 % and 99 % quantiles, up to nine others with counts of rows, and thresholds or means that were learnt',
      },
      {
        column: 'year',
        what: 'the 1 % and 99 % quantiles, up to nine others with counts of rows, and thresholds or means that were learnt',
      },
      { column: 'ringed', what: 'the two spellings' },
      {
        column: 'seen',
        what: 'the 1 % and 99 % quantiles, up to nine others with counts of rows, and thresholds or means that were learnt',
      },
      { column: 'species', what: 'the 2 class labels' },
    ]);
  });
});

describe('cardMarkdown', () => {
  it('lists them', () => {
    expect(cardMarkdown(penguinFacts)).toContain('- `island`: 3 values');
  });

  it('tells the score, the baseline and the target in a table', () => {
    expect(cardMarkdown(penguinFacts)).toMatch(
      /\| balanced accuracy\[\^\d+\] \| 0\.985 \| 0\.952 – 1\.000 \| 0\.333 \| ≥ 0\.95, met \|/,
    );
  });

  it('escapes markup in names and in the prompt', () => {
    const text = cardMarkdown({
      ...penguinFacts,
      request: { prompt: '<img src=x> [a](b) `c`\n# head' },
      valuesHeld: [{ column: 'a`|b', what: '3 values' }],
    });
    expect(text).toContain('> &lt;img src=x&gt; \\[a\\](b) \\`c\\` \\# head');
    expect(text).toContain('- `a’¦b`: 3 values');
  });
});

describe('runSummary', () => {
  it('has what a program needs, and leaves out what was not measured', () => {
    expect(runSummary(penguinFacts, 'out/model.onnx')).toMatchObject({
      status: 'complete',
      runId: penguinFacts.runId,
      score: { metric: 'balancedAccuracy', value: 0.985, low: 0.952, high: 1 },
      baseline: { metric: 'balancedAccuracy', value: 0.3333 },
      meetsTargets: true,
      modelPath: 'out/model.onnx',
      sizeBytes: 48213,
      latencyMs: { p50: 0.041, p99: 0.12 },
      seconds: 4.3,
      workUnits: 812,
    });
    const { resources: _resources, ...rest } = penguinFacts;
    expect(Object.keys(runSummary({ ...rest, scores: [], status: 'declined' }))).not.toContain('sizeBytes');
  });
});
