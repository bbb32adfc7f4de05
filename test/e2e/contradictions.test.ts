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

/** The messages of a run up to one stage, and then its end. */
async function messageOf<T>(request: RunRequest, stage: string): Promise<T> {
  const run = start(request);
  let body: T | undefined;
  for await (const event of run) {
    if (event.type !== 'message' || event.stage !== stage) continue;
    body = event.body as T;
    run.abort();
    break;
  }
  await run.result.catch(() => undefined);
  return body!;
}

describe('what is taken otherwise than it was said', () => {
  it('is told: classes of a column with more numbers than classes are made of', async () => {
    const data = records.map(({ a, b }, i) => ({ a, b, grade: i % 30 }));
    const request = { prompt: 'Classify the rows by grade.', data, task: { target: 'grade' } };
    const { spec } = await messageOf<{ spec: { task: { value: string } } }>(request, 'task.understand');
    expect(spec.task.value).toBe('regression');
    const verdict = await messageOf<{ reasons: { code: string; evidence: object }[] }>(request, 'task.assess');
    expect(verdict.reasons).toContainEqual({
      code: 'TASK_ASSUMED',
      evidence: { target: 'grade', task: 'regression', quote: expect.stringMatching(/classify/i), distinct: 30 },
    });
  });

  it('is not told where nobody asked for classes, or the host fixed the task', async () => {
    const data = records.map(({ a, b }, i) => ({ a, b, grade: i % 30 }));
    for (const request of [
      { prompt: 'Predict the grade.', data },
      { prompt: 'Classify the rows by grade.', data, task: { target: 'grade', task: 'regression' as const } },
    ]) {
      const { reasons } = await messageOf<{ reasons: { code: string }[] }>(request, 'task.assess');
      expect(reasons.map(({ code }) => code)).not.toContain('TASK_ASSUMED');
    }
  });

  it.each([
    ['R2 above -1', 'r2', -1],
    ['R2 of at least -0.25', 'r2', -0.25],
    ['an R2 greater than minus 0.5', 'r2', -0.5],
    ['R2 above 0.5', 'r2', 0.5],
  ])('a threshold keeps its sign: %s', async (words, metric, threshold) => {
    const data = records.map(({ a, b }, i) => ({ a, b, amount: a * 1.5 + b / 7 + (i % 5) }));
    const { spec } = await messageOf<{ spec: { metrics: object[] } }>(
      { prompt: `Predict the amount, ${words}.`, data },
      'task.understand',
    );
    expect(spec.metrics[0]).toMatchObject({ metric, threshold });
  });

  it('a threshold below 0 of a score that never is so is told as unsuited', async () => {
    const { spec } = await messageOf<{ spec: { unsupported: object[]; metrics: object[] } }>(
      { prompt: 'Predict the label with an accuracy above -1.' },
      'task.understand',
    );
    expect(spec.unsupported).toContainEqual(expect.objectContaining({ code: 'METRIC_UNSUITED' }));
    expect(spec.metrics[0]).not.toHaveProperty('threshold');
  });
});

describe('inputs that numbers of 32 bits can not tell apart', () => {
  it('are noted, with how many values are left', async () => {
    const data = records.map(({ a, b, label }, i) => ({ a, b, label, offset: 1e9 + (i % 40) / 20 }));
    const { results } = await messageOf<{ results: object[] }>({ data }, 'data.check');
    expect(results).toContainEqual({
      code: 'PRECISION_LOST',
      severity: 'warning',
      column: 'offset',
      evidence: { distinct: expect.any(Number), left: 1 },
    });
    expect(JSON.stringify(results)).not.toContain('"column":"b"');
  });
});

describe('the budget that task.next is told', () => {
  it('is what is left of it, also where the search is over', async () => {
    const subjects: Record<string, unknown>[] = [];
    const trainer = new Trainer();
    trainer.decide('task.next', ({ facts }) => {
      subjects.push(facts as Record<string, unknown>);
      return { action: 'accept' };
    });
    const run = trainer.run({
      prompt: 'Predict the label.',
      data: records.map((row) => ({ ...row, label: row.a > 3 ? 'p' : 'q' })),
      budget: { workUnits: 100_000 },
      answers: { 'model.candidates': { learners: ['linear'] } },
    });
    await run.result;
    expect(subjects[0]).toMatchObject({ canSearchOn: false });
    expect(subjects[0]!.budgetLeft).toBeGreaterThan(0.5);
  });
});
