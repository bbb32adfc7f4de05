import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriftEvent } from 'traineragent/serve';
import { scriptedModel } from 'traineragent/testing';
import { describe, expect, it } from 'vitest';
import { fileStore, pause, replace, stop, Trainer } from '../../src/index.ts';

const rates = (training: number, window: number) => ({ training, window });
const column = (name: string, alarms: DriftEvent['columns'][number]['alarms']): DriftEvent['columns'][number] => ({
  column: name,
  psi: 0.4321,
  psiLimit: 0.1,
  jensenShannon: 0.2,
  missing: rates(0, alarms.includes('missing') ? 0.3 : 0),
  ...(alarms.includes('unseen') ? { unseen: rates(0, 0.2) } : {}),
  alarms,
});
const { column: _, ...moved } = column('', ['distribution']);
const score = (isWorse: boolean, count = 200): NonNullable<DriftEvent['score']> => ({
  metric: 'accuracy',
  value: isWorse ? 0.6 : 0.9,
  interval: [0.5, 0.95],
  count,
  expected: { of: 'vault', value: 0.9, interval: [0.87, 0.92] },
  isWorse,
});
const event = (parts: Partial<DriftEvent>): DriftEvent => ({
  type: 'drift',
  time: 1,
  model: {
    name: 'm',
    version: 'a'.repeat(64),
    task: 'binary',
    target: 'label',
    positive: 'yes',
    metric: 'f1',
    columns: 4,
  },
  windowRows: 500,
  columns: [],
  ...parts,
});
const unseen = event({ columns: [column('colour', ['unseen'])] });

describe('What is proposed about drift', () => {
  it.each<[string, Partial<DriftEvent>, string]>([
    ['a column that went missing', { columns: [column('x', ['missing'])], score: score(true) }, 'check-source'],
    ['a score that has fallen', { score: score(true) }, 'retrain'],
    ['predictions that moved, and a score that holds', { prediction: moved, score: score(false) }, 'keep'],
    ['predictions that moved, and few outcomes', { prediction: moved, score: score(false, 20) }, 'retrain'],
    ['predictions that moved', { prediction: moved }, 'retrain'],
    ['values that training had not', { columns: [column('colour', ['unseen'])] }, 'retrain'],
    ['columns that moved alone', { columns: [column('x', ['distribution'])] }, 'collect-outcomes'],
  ])('by rule, of %s', async (_, parts, action) => {
    const proposal = await new Trainer().considerDrift(event(parts));
    expect(proposal).toMatchObject({ status: 'proposed', action, by: 'rule', why: expect.stringMatching(/\.$/) });
    expect('request' in proposal).toBe(action === 'retrain');
  });

  it('has the request that trains again, and says it in words', async () => {
    const proposal = await new Trainer().considerDrift(unseen, { prompt: 'Predict the label.' });
    expect(proposal).toMatchObject({
      request: {
        prompt: 'Predict the label.',
        task: { task: 'binary', target: 'label', positive: 'yes', metric: 'f1' },
      },
      text: expect.stringMatching(
        /^Drift of the model "m" \(a{12}\): columns "colour" \(unseen\)\. Train again, on recent rows\. The predictions/,
      ),
    });
  });

  it('is asked of a language model where the rule is unsure, which sees no measure unless it may', async () => {
    const llm = scriptedModel(['{"action":"collect-outcomes"}', '{"action":"keep"}']);
    const trainer = new Trainer({ llm });
    expect(await trainer.considerDrift(unseen)).toMatchObject({ action: 'collect-outcomes', by: 'llm' });
    expect(llm.calls[0]!.prompt).toContain('"colour"');
    expect(llm.calls[0]!.prompt).not.toContain('0.432');
    const open = new Trainer({ llm, privacy: 'aggregates' });
    expect(await open.considerDrift(unseen)).toMatchObject({ action: 'keep', by: 'llm' });
    expect(llm.calls[1]!.prompt).toContain('0.432');
    // Sure of it: nobody else is asked.
    expect(await open.considerDrift(event({ score: score(true) }))).toMatchObject({ action: 'retrain', by: 'rule' });
    expect(llm.calls).toHaveLength(2);
  });

  it('is the host’s to answer, replace, pause or stop', async () => {
    const given = await new Trainer().considerDrift(unseen, { answers: { 'task.drift': { action: 'keep' } } });
    expect(given).toMatchObject({ action: 'keep', by: 'given' });
    const asked = (decide: (trainer: Trainer) => void, about = unseen) => {
      const trainer = new Trainer();
      decide(trainer);
      return trainer.considerDrift(about);
    };
    const replaced = await asked((trainer) =>
      trainer.decide('task.drift', () => replace({ action: 'keep' }, 'Easter.')),
    );
    expect(replaced).toMatchObject({ action: 'keep', by: 'host', why: 'Easter.' });
    const paused = await asked((trainer) => trainer.decide('task.drift', () => pause('Ask Ann.')));
    expect(paused).toMatchObject({ status: 'paused', why: 'Ask Ann.', questions: [{ question: 'task.drift' }] });
    expect(await asked((trainer) => trainer.decide('task.drift', () => stop()))).toMatchObject({ status: 'declined' });
    // What outcomes contradict is no answer, whoever gives it.
    const keep = (trainer: Trainer) => trainer.decide('task.drift', () => replace({ action: 'keep' }));
    expect(await asked(keep, event({ score: score(true) }))).toMatchObject({ status: 'paused' });
  });

  it('is journalled, told to listeners, and is no run that could be resumed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-drift-'));
    try {
      const store = fileStore(folder);
      const trainer = new Trainer({ store });
      const heard: unknown[] = [];
      trainer.on('decision', ({ question, answer }) => heard.push([question, answer]));
      const { runId } = await trainer.considerDrift(unseen);
      expect(heard).toEqual([['task.drift', { action: 'retrain' }]]);
      const opened = await store.open(runId);
      const kinds = opened.records.map(({ body }) => (body.kind === 'end' ? `end ${body.status}` : body.kind));
      expect(kinds).toEqual(['run', 'decision', 'message', 'end complete']);
      expect(opened.records[0]!.body).toMatchObject({ request: { drift: { columns: [{ column: 'colour' }] } } });
      await opened.close(true);
      await expect(trainer.resume(runId).result).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /drift event/],
    ['an event of something else', { type: 'run-end' }, /drift event/],
    ['an event with more than it may hold', { ...unseen, value: 'SECRET' }, /drift event/],
    ['an event with nothing in alarm', event({}), /with nothing/],
  ])('is not made of %s', async (_, value, message) => {
    await expect(new Trainer().considerDrift(value as DriftEvent)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(message),
    });
    await expect(new Trainer().considerDrift(value as DriftEvent)).rejects.not.toMatchObject({
      message: expect.stringContaining('SECRET'),
    });
  });
});
