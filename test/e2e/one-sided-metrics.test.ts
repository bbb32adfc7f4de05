import { expect, it } from 'vitest';
import { endPanel } from '../../src/cli/end-panel.ts';
import { cardMarkdown } from '../../src/tools/report/card-markdown.ts';
import { complete, finished, quickRequest, sampleRows } from './sample.ts';

/** Noise beside the signal, and more positive rows than others: all positive has a perfect recall. */
const data = sampleRows(600).map((row, i) => ({ ...row, label: i % 4 === 0 || row.x > 6 ? 'yes' : 'no' }));

it.each([
  ['recall', ['precision', 'averagePrecision'], 'averagePrecision'],
  ['precision', ['recall', 'averagePrecision'], 'averagePrecision'],
  ['specificity', ['recall', 'rocAuc'], 'rocAuc'],
])(
  'a wish about %s is told beside what it costs, and trials are compared by what ranks',
  async (metric, beside, by) => {
    const prompt = `Predict the label (yes is positive), ${metric} at least 0.6`;
    const { events, outcome } = await finished(quickRequest({ prompt, data }));
    const { facts, verdict } = complete(outcome);
    expect(facts.scores.map((score) => score.metric)).toEqual([metric, ...beside]);
    expect(facts.baseline?.scores.map((score) => score.metric)).toEqual([metric, ...beside]);
    expect(facts.scores[0]).toMatchObject({ threshold: 0.6, meets: facts.scores[0]!.value >= 0.6 });
    const trials = events.flatMap((event) => (event.type === 'trial-end' ? [event] : []));
    expect(new Set(trials.map((trial) => trial.metric))).toEqual(new Set([by]));
    const stages = new Map(events.flatMap((event) => (event.type === 'message' ? [[event.stage, event.summary]] : [])));
    expect(stages.get('model.search')).toContain(`, ${by} 0.`);
    expect(facts.trials[0]!.score).toBeCloseTo(trials.find(({ trial }) => trial === facts.trials[0]!.index)!.score, 12);
    expect(verdict.reasons.map(({ code }) => code)).not.toContain('WEAK_SIGNAL');
  },
);

it('what could be had under a missed limit is told by the metric that the scores are of', async () => {
  const prompt = 'Predict the label (yes is positive), recall at least 0.6. It must fit in 1 kB.';
  const { facts } = complete((await finished(quickRequest({ prompt, data }))).outcome);
  const { tradeOff } = facts.resources!;
  const trials = new Set(facts.trials.map(({ score }) => score));
  expect(tradeOff!.some(({ score }) => trials.has(score))).toBe(true);
  const told = facts.answer!.filter((line) => line.includes('on validation data,'));
  expect(told).toHaveLength(tradeOff!.length);
  for (const line of told) expect(line).toContain(': average precision ');
  expect(cardMarkdown(facts)).toContain('| model | average precision on validation data |');
  expect(endPanel(facts, { folder: '/runs/one' }, { colours: false, cwd: '/', columns: 160 })).toMatch(
    /what could be had, on validation data +average precision /,
  );
});
