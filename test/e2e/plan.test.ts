import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type RunEvent, replace, stop, Trainer } from '../../src/index.ts';

const penguins = fileURLToPath(new URL('../../examples/data/penguins.csv', import.meta.url));
const request = { prompt: 'Predict the species of a penguin.', data: penguins, budget: { workUnits: 60 } } as const;

describe('trainer.plan', () => {
  it('says what a run of the same request then does, and costs no more than it says', async () => {
    const trainer = new Trainer();
    const plan = await trainer.plan(request);
    expect(plan.status).toBe('planned');
    const outcome = await trainer.run(request).result;
    if (outcome.status !== 'complete') throw new Error('expected a model');
    expect(plan.task).toEqual(outcome.task);
    expect(plan.verdict.reasons.every(({ code }) => outcome.verdict.reasons.some((of) => of.code === code))).toBe(true);
    const { cost } = plan;
    const trials = outcome.facts.trials.length;
    expect(trials).toBeGreaterThanOrEqual(cost!.trials.least);
    expect(trials).toBeLessThanOrEqual(cost!.trials.most);
    expect(outcome.facts.workUnits).toBeGreaterThanOrEqual(cost!.workUnits.least);
    expect(outcome.facts.workUnits).toBeLessThanOrEqual(cost!.workUnits.most);
    expect(cost!.rows).toEqual({
      train: outcome.facts.split!.trainRows,
      vault: outcome.facts.split!.vaultRows,
      aFit: cost!.rows.aFit,
    });
    expect(plan.text).toContain('Predict "species" (multiclass), judged by balanced accuracy.');
    expect(plan.text).toMatch(/trials {4}\d+/);
  });

  it('trains nothing and splits nothing off, and tells its events', async () => {
    const trainer = new Trainer();
    const events: RunEvent[] = [];
    const types = ['run-start', 'tool-call', 'stage-start', 'run-end'] as const;
    for (const type of types) trainer.on(type, (event) => events.push(event));
    await trainer.plan(request);
    const tools = events.flatMap((event) => (event.type === 'tool-call' ? [event.tool] : []));
    expect(new Set(tools)).toEqual(new Set(['collect', 'learners', 'propose', 'pace']));
    expect(events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []))).toEqual([
      'data.collect',
      'task.understand',
      'task.assess',
      'task.plan',
      'task.forecast',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'planned' });
  });

  it('is what the deciders of the trainer make of it', async () => {
    const trainer = new Trainer();
    trainer.decide('task.metric', () => replace({ metric: 'accuracy' }));
    expect((await trainer.plan(request)).task!.metrics[0]).toMatchObject({ metric: 'accuracy', source: 'host' });
    trainer.decide('task.plan', () => stop('Not today.'));
    const stopped = await trainer.plan(request);
    expect(stopped.status).toBe('declined');
    expect(stopped.verdict.reasons[0]!.code).toBe('STOPPED_BY_HOST');
    expect(stopped.cost).toBeUndefined();
  });

  it('says what a run would ask', async () => {
    const plan = await new Trainer().plan({ ...request, prompt: 'Find something interesting in these data.' });
    expect(plan.status).toBe('paused');
    expect(plan.questions.map(({ question }) => question)).toEqual(['task.target']);
    expect(plan.text).toContain('Question "task.target"');
  });

  it('declines what a run would decline', async () => {
    const plan = await new Trainer().plan({
      ...request,
      prompt: 'Predict the price of gold next month.',
      data: [{ a: 1 }],
    });
    expect(['declined', 'paused']).toContain(plan.status);
    expect(plan.steps).toEqual([]);
  });

  it.each([
    ['REQUEST_INVALID', { budget: 'endless' as never }],
    ['DATA_NOT_FOUND', { data: '/nowhere/none.csv' }],
  ])('rejects with %s', async (code, change) => {
    await expect(new Trainer().plan({ ...request, ...change })).rejects.toMatchObject({ code });
  });

  it('ends at once when its signal does', async () => {
    const controller = new AbortController();
    const plan = new Trainer().plan({ ...request, signal: controller.signal });
    controller.abort();
    await expect(plan).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  });
});
