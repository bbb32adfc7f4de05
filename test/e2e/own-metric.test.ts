import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costMetric, defineMetric, evaluate, fileStore, type RunEvent, Trainer } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';

const profit = costMetric({
  name: 'profit',
  about: 'Earned a row, in euros.',
  greaterIsBetter: true,
  costs: [
    [0, -5],
    [0, 40],
  ],
});
const pinball = defineMetric({
  name: 'lowSide',
  title: 'shortfall',
  about: 'Mean shortfall, each unit that is missing counted four times.',
  greaterIsBetter: false,
  needs: 'values',
  value: ({ truth, values }) =>
    truth.reduce((sum, y, row) => sum + Math.max(4 * (y - values[row]!), values[row]! - y), 0) / truth.length,
});

// One in ten is worth calling, and calling in vain is cheap.
const rows = Array.from({ length: 320 }, (_, i) => {
  const a = (i * 37) % 100;
  return { a, b: (i * 61) % 97, call: a + ((i * 53) % 40) > 118 ? 'yes' : 'no', y: 3 * a + ((i * 53) % 40) };
});
const request = (runId: string) => ({
  runId,
  data: rows.map(({ y: _, ...row }) => row),
  task: { target: 'call', positive: 'yes', metric: 'profit', threshold: 0.5 } as const,
  budget: { workUnits: 40 },
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-metric-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a host's own metric", () => {
  it('as an object steers a run on the thread of the host, is told, and computed again', async () => {
    const trainer = new Trainer({ metrics: [profit, pinball], store: fileStore(join(folder, 'inline')) });
    const run = trainer.run(request('first'));
    const events: RunEvent[] = [];
    for await (const event of run) events.push(event);
    const outcome = await run.result;
    expect(outcome.status).toBe('complete');
    if (outcome.status !== 'complete') return;
    const tools = events.flatMap((event) => (event.type === 'tool-call' ? [`${event.tool} ${event.where}`] : []));
    for (const tool of ['trial', 'decide', 'evaluate']) {
      expect(tools).toContain(`${tool} host`);
      expect(tools).not.toContain(`${tool} child`);
    }
    expect(tools).toContain('prepare child');
    const trial = events.find((event) => event.type === 'trial-end');
    expect(trial?.metric).toBe('profit');

    const [score] = outcome.facts.scores;
    expect(score).toMatchObject({ metric: 'profit', threshold: 0.5, meets: true });
    expect(score!.low).toBeLessThan(score!.value);
    expect(score!.high).toBeGreaterThan(score!.value);
    expect(outcome.meetsTargets).toBe(true);
    // More than calling everybody, or nobody, earns.
    const [judged] = (await evaluate(outcome.model, rows, { metrics: [profit] })).scores;
    const value = judged?.defined === true ? judged.value : Number.NaN;
    const called = rows.filter(({ call }) => call === 'yes').length / rows.length;
    expect(value).toBeGreaterThan(1.2 * Math.max(0, 40 * called - 5 * (1 - called)));
    expect(await outcome.report()).toContain('profit');
    expect((await outcome.card()).markdown).toContain('profit');
    expect(outcome.facts.ownMetrics?.map(({ name, where }) => [name, where])).toEqual([
      ['profit', 'host'],
      ['lowSide', 'host'],
    ]);

    const at = join(folder, 'inline', 'first');
    const checks = await verifyRun(at, { metrics: [profit, pinball] });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const blind = (await verifyRun(at)).filter(({ ok }) => !ok);
    expect(blind.length).toBeGreaterThan(0);
    for (const { found } of blind) expect(found).toContain('Expected the metric "profit" to be given');
    const other = new Trainer({
      metrics: [{ ...profit, greaterIsBetter: false }],
      store: fileStore(join(folder, 'inline')),
    });
    await expect(other.resume('first').result).rejects.toMatchObject({ code: 'RESUME_MISMATCH' });
  });

  it('as a module is computed in the child, and gives the same bytes', async () => {
    const module = join(folder, 'profit.mjs');
    await writeFile(
      module,
      `export default { name: 'profit', about: 'Earned a row, in euros.', greaterIsBetter: true, needs: 'labels',
        value: ({ confusion: [tn, fp, fn, tp] }) => (40 * tp - 5 * fp) / (tn + fp + fn + tp) };`,
    );
    const run = new Trainer({ metrics: [pathToFileURL(module)] }).run(request('module'));
    const where = new Set<string>();
    for await (const event of run) if (event.type === 'tool-call') where.add(event.where);
    expect([...where]).toEqual(['child']);
    const inline = await new Trainer({ metrics: [profit] }).run(request('again')).result;
    const outcome = await run.result;
    expect(outcome.facts.scores[0]).toEqual(inline.facts.scores[0]);
    expect(outcome.facts.hashes.model).toBe(inline.facts.hashes.model);
  });

  it('is found in the prompt by its name, and by its title, with a threshold', async () => {
    const trainer = new Trainer({ metrics: [profit, pinball] });
    const data = rows.map(({ call: _, ...row }) => row);
    const plan = await trainer.plan({ prompt: 'Predict y with a shortfall of at most 30.', data });
    expect(plan.task?.metrics).toMatchObject([{ metric: 'lowSide', threshold: 30, source: 'prompt' }]);
    const named = await trainer.plan({ prompt: 'Predict call. Maximise profit.', data: request('plan').data });
    expect(named.task?.metrics).toMatchObject([{ metric: 'profit', source: 'prompt' }]);
  });

  it('can be chosen by a language model, as one of a closed list', async () => {
    let shown = '';
    const llm = scriptedModel(
      Array.from({ length: 20 }, () => ({ prompt }: { readonly prompt: string }) => {
        if (!prompt.startsWith('Question: Which metric')) return 'No idea.';
        shown = prompt;
        return { metric: 'profit' };
      }),
    );
    const trainer = new Trainer({ metrics: [profit, pinball], llm });
    const plan = await trainer.plan({ prompt: 'Predict call. Calls are cheap.', data: request('plan').data });
    expect(shown).toContain('Earned a row, in euros.');
    expect(shown).not.toContain('shortfall');
    expect(plan.task?.metrics).toMatchObject([{ metric: 'profit', source: 'llm' }]);
  });

  it.each([
    ['a name that is taken', { ...profit, name: 'rocAuc' }, /name of a built-in metric/],
    ['no function', { ...profit, value: 3 }, /no function `value`/],
    ['tasks that do not fit', { ...profit, tasks: ['regression'] }, /tasks of "profit"/],
    ['a name of blanks', { ...profit, name: 'the profit' }, /letters, digits/],
  ])('is refused where it has %s', async (_what, metric, message) => {
    const trainer = new Trainer({ metrics: [metric as never] });
    await expect(trainer.run({ data: rows }).result).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('ends the run with its name where it throws, and is not known to a trainer without it', async () => {
    const broken = defineMetric({
      ...profit,
      value: () => {
        throw new Error('no exchange rate');
      },
    });
    await expect(new Trainer({ metrics: [broken] }).run(request('broken')).result).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('"profit" to give a number, but it threw: no exchange rate'),
    });
    await expect(new Trainer().run(request('unknown') as never).result).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('new Trainer({ metrics })'),
    });
  });
});
