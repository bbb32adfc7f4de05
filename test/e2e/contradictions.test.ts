import { describe, expect, it } from 'vitest';
import type { RunRequest } from '../../src/core/request.ts';
import { replace, Trainer } from '../../src/index.ts';

const records = Array.from({ length: 120 }, (_, i) => ({ a: i % 7, b: (i * 13) % 31, label: i % 2 ? 'p' : 'q' }));
const start = (request: RunRequest) =>
  new Trainer().run({ prompt: 'Predict the label.', data: records, budget: { workUnits: 0.01 }, ...request });

describe('fields that contradict each other', () => {
  it.each<[string, NonNullable<RunRequest['task']>, string]>([
    ['a metric of another task', { metric: 'rmse' }, '`task.metric`'],
    ['an accuracy beyond 1', { metric: 'accuracy', threshold: 2 }, '`task.threshold`'],
    ['the target as group', { target: 'label', group: 'label' }, '`task.group`'],
    ['the target as order', { target: 'label', time: 'label' }, '`task.time`'],
    ['the target left out', { target: 'label', ignore: ['label'] }, '`task.ignore`'],
  ])('are refused at once: %s', async (_name, task, named) => {
    await expect(start({ task }).result).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining(named),
    });
  });

  it('are no error in words: an accuracy of 200 % is told as unsuited', async () => {
    const run = start({ prompt: 'Predict the label with an accuracy of at least 200%.' });
    const unsupported: unknown[] = [];
    for await (const event of run) {
      if (event.type !== 'message' || event.stage !== 'task.understand') continue;
      unsupported.push(...(event.body as { spec: { unsupported: unknown[] } }).spec.unsupported);
      run.abort();
      break;
    }
    await expect(run.result).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(unsupported).toContainEqual(expect.objectContaining({ code: 'METRIC_UNSUITED' }));
  });
});

describe('targets that no answer in float32 can tell apart', () => {
  it.each([
    ['beyond its range', (a: number, i: number) => (i % 50 === 0 ? 1e200 : a), 'beyond 3.4e38'],
    ['closer than its steps', (a: number) => 1e9 + a, 'subtract a constant'],
  ])('are declined: %s', async (_name, value, words) => {
    const data = records.map(({ a, b }, i) => ({ a, b, amount: value(a + b / 31, i) }));
    const outcome = await start({ prompt: 'Predict the amount.', data }).result;
    expect(outcome).toMatchObject({ status: 'declined', verdict: { reasons: [{ code: 'TARGET_KIND' }, {}] } });
    const { verdictMessage } = await import('../../src/core/verdict-messages.ts');
    if (outcome.status === 'declined') expect(verdictMessage(outcome.verdict.reasons[0]!)).toContain(words);
  });
});

describe('numbers as classes', () => {
  it('are declined where each is too rare', async () => {
    const data = records.map(({ a, label }, i) => ({ a, label, amount: i * 1.5 }));
    const request = { prompt: 'Predict the amount.', data, task: { target: 'amount', task: 'multiclass' as const } };
    expect(await start(request).result).toMatchObject({
      status: 'declined',
      verdict: { reasons: [{ code: 'TOO_FEW_OF_CLASS', evidence: { rows: 1 } }, {}] },
    });
  });
});

describe('a host that stops a search', () => {
  it('is named as the reason, not a lack of signal', async () => {
    const data = records.map(({ a, b }, i) => ({ a, b, label: a + (i % 3) > 4 ? 'p' : 'q' }));
    const trainer = new Trainer();
    trainer.decide('task.next', () => replace({ move: 'stop' }));
    const outcome = await trainer.run({ prompt: 'Predict the label.', data, budget: 'quick' }).result;
    expect(outcome).toMatchObject({
      status: 'declined',
      verdict: { reasons: [{ code: 'STOPPED_BY_HOST', evidence: { question: 'task.next' } }] },
    });
  });
});
