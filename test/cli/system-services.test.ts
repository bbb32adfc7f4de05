import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { systemServices } from '../../src/cli/system-services.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { buildSampleModel } from '../tools/artefact/sample-model.ts';
import { fakeIo } from './fakes.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-cli-'));
  const { artefact } = await buildSampleModel('multiclass', [{ learner: linearLearner, weight: 1 }]);
  await writeFile(join(folder, 'model.onnx'), artefact.bytes);
  await writeFile(
    join(folder, 'rows.csv'),
    'tenure,since,plan,active,usage,region,more\n3,2020-01-01,basic,yes,100,N,x\n,,,,5,S,x\n1.5,2020-02-02,new,no,7,N,x\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (...argv: string[]) => {
  const io = fakeIo(folder);
  const code = await runCli(argv, io, systemServices());
  return { code, out: io.stdout.text, err: io.stderr.text };
};

describe('systemServices', () => {
  it('predicts a file with a model file, a row a line, missing cells, unseen values and other columns included', async () => {
    const { code, out, err } = await run('predict', 'model.onnx', '--data', 'rows.csv', '--format', 'ndjson');
    expect(err).toBe('3 predictions.\n');
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { prediction: string; probabilities: Record<string, number> });
    expect(lines).toHaveLength(3);
    for (const { prediction, probabilities } of lines) {
      const values = Object.values(probabilities);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(Object.entries(probabilities).find(([name]) => name === prediction)?.[1]).toBe(Math.max(...values));
    }
  });

  it('gives the same predictions over HTTP as from the file', async () => {
    const services = systemServices();
    const model = await services.loadModel(join(folder, 'model.onnx'));
    const { text } = await services.predictFile(join(folder, 'rows.csv'), model, { format: 'ndjson' });
    let lines = '';
    for await (const chunk of text) lines += Buffer.from(chunk).toString();
    const fromFile = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { prediction: string; probabilities: Record<string, number> });
    const records = [
      { tenure: 3, since: '2020-01-01', plan: 'basic', active: 'yes', usage: 100, region: 'N' },
      { usage: 5, region: 'S' },
    ];
    for (const [i, { prediction, probabilities }] of (await model.predict(records)).entries()) {
      expect(fromFile[i]!.prediction).toBe(prediction);
      for (const [name, value] of Object.entries(probabilities!))
        expect(fromFile[i]!.probabilities[name]).toBeCloseTo(value, 5);
    }
    await model.close();
  });

  it('shows the signature of a model file', async () => {
    const { out } = await run('inspect', '.');
    expect(out).toContain('Predicts  target (multiclass)');
    expect(out).toMatch(/tenure {2}number in years, mostly/);
  });

  it.each([
    [
      ['predict', 'none.onnx', '--data', 'rows.csv'],
      'it, or its folder, does not exist; check the path. [MODEL_INVALID]',
    ],
    [['predict', '.', '--data', 'rows.csv'], 'it is a folder; name a file. [MODEL_INVALID]'],
    [['predict', 'rows.csv', '--data', 'rows.csv'], '[MODEL_INVALID]'],
    [['predict', 'model.onnx', '--data', 'none.csv'], '[DATA_NOT_FOUND]'],
    [['resume', 'none'], '[RUN_NOT_FOUND]'],
    [['train', 'Predict plan.', '--data', 'rows.csv', '--llm', 'gguf:none.gguf'], 'none.gguf: ENOENT'],
    [['train', 'Predict plan.', '--data', 'rows.csv', '--llm', 'gguf:rows.csv'], 'it does not begin as one'],
  ])('%j ends with code 1 and a typed error', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });
});

describe('--plugins', () => {
  const own = (text: string) => writeFile(join(folder, 'own.mjs'), text);
  const rows = Array.from({ length: 240 }, (_, i) => `${i % 40},${(i * 7) % 11},${i % 40 < 20 ? 'low' : 'high'}`);

  it('trains, judges and verifies with metrics, learners and agents of the user', async () => {
    await writeFile(join(folder, 'kinds.csv'), `x,y,kind\n${rows.join('\n')}\n`);
    await writeFile(
      join(folder, 'profit.mjs'),
      `export default { name: 'profit', about: 'Earned a row.', greaterIsBetter: true, needs: 'labels',
         value: ({ confusion }) => (confusion[3] * 15 - confusion[1] * 5) / confusion.reduce((a, b) => a + b, 0) };`,
    );
    await own(
      `export default {
         metrics: [new URL('./profit.mjs', import.meta.url)],
         agents: [{ name: 'audit', profile: 'You look.', questions: [], consultations: [{ after: 'task.plan', run: () => 'Looked at the plan.' }] }],
       };`,
    );
    const trained = await run(
      ...['train', 'Predict the kind. Maximise profit.', '--data', 'kinds.csv', '--budget', 'quick'],
      ...['--plugins', 'own.mjs', '--out', 'out', '--json'],
    );
    expect(trained.err).toContain('Looked at the plan.');
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.out)).toMatchObject({ score: { metric: 'profit' } });
    const model = join('out', 'model.onnx');
    const judged = await run('evaluate', model, '--data', 'kinds.csv', '--plugins', 'own.mjs', '--metric', 'profit');
    expect(judged.out).toContain('profit');
    expect((await run('compare', model, model, '--data', 'kinds.csv', '--plugins', 'own.mjs')).out).toContain('profit');
    expect(await run('verify', 'out', '--plugins', 'own.mjs')).toMatchObject({ code: 0 });
    const unknown = await run('evaluate', model, '--data', 'kinds.csv', '--plugins', 'own.mjs', '--metric', 'proft');
    expect(unknown).toMatchObject({
      code: 1,
      err: expect.stringContaining('Expected --metric to be one of profit, rocAuc'),
    });
  });

  it.each([
    ['is not there', undefined, 'could not be loaded: Cannot find module'],
    ['gives nothing', 'export default null;', 'but it has null there.'],
    ['gives a function', 'export default () => ({});', 'but it has a function there.'],
    ['gives what is none of them', 'export default { tools: [] };', 'got "tools".'],
    ['gives one where a list is wanted', 'export default { metrics: {} };', 'got "metrics" that is not a list.'],
  ])('says what is wrong with a module that %s', async (what, text, message) => {
    const file = `${what.replaceAll(' ', '-')}.mjs`;
    if (text !== undefined) await writeFile(join(folder, file), text);
    const { code, err } = await run('plan', 'Predict the region.', '--data', 'rows.csv', '--plugins', file);
    expect(code).toBe(1);
    expect(err).toContain('PLUGIN_INVALID');
    expect(err.replace(/\s+/g, ' ')).toContain(message);
  });
});
