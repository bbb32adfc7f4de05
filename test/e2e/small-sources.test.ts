import { Trainer } from 'traineragent';
import { describe, expect, it } from 'vitest';
import { quickRequest } from './sample.ts';

describe('small and odd sources', () => {
  it('names records that are none', async () => {
    const run = new Trainer().run({ prompt: 'Predict y', data: [] });
    await expect(run.result).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      message: 'Expected records, got none. Pass at least 20.',
    });
  });

  it('reads a single record as a table of one row', async () => {
    const outcome = await new Trainer().run({ prompt: 'Predict y', data: [{ x: 1, y: 'a' }] }).result;
    expect(outcome.facts.data?.rowsRead).toBe(1);
    expect(outcome.status).toBe('declined');
  });

  it('says where test rows could not judge, and which did not count', async () => {
    const { data } = quickRequest();
    const rows = [...(data as Iterable<Record<string, unknown>>)];
    const request = quickRequest();
    const target = 'label';
    const testData = rows
      .slice(0, 60)
      .map((row, i) => ({ ...row, [target]: i % 6 === 0 ? 'unheard of' : row[target] }));
    const outcome = await new Trainer().run({ ...request, testData }).result;
    expect(outcome.status).toBe('complete');
    expect(outcome.facts.verdict.reasons).toContainEqual(
      expect.objectContaining({ code: 'UNSEEN_CLASSES', evidence: expect.objectContaining({ rows: 10 }) }),
    );
    const oneClass = rows.filter((row) => row[target] === rows[0]![target]).slice(0, 40);
    const unjudged = await new Trainer().run({ ...request, testData: oneClass }).result;
    expect(unjudged.facts.verdict.reasons.map(({ code }) => code)).toContain('SCORE_UNDEFINED');
  });

  it.each([
    ['a prompt of more than 20,000 characters', { prompt: 'x'.repeat(20_001) }, /prompt/],
    ['a threshold without its metric', { task: { threshold: 0.9 } }, /`task.threshold` together with `task.metric`/],
  ])('refuses %s at the door', async (_, part, message) => {
    const run = new Trainer().run({ data: [{ x: 1 }], ...part });
    await expect(run.result).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(message),
    });
  });
});
