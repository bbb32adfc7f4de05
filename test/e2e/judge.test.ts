import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { systemServices } from '../../src/cli/system-services.ts';
import { compare, evaluate, loadModel, type ModelMapping, type ModelSource, Trainer } from '../../src/index.ts';
import { fakeIo } from '../cli/fakes.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/judge/${name}`, import.meta.url));
const reference = JSON.parse(await readFile(fixture('reference.json'), 'utf8')) as Record<string, never>;
const expected = (name: string) => reference[name] as unknown as Record<string, number>;

const measured = 'mean_radius,mean_texture,mean_perimeter,mean_area,mean_smoothness,mean_compactness,mean_concavity';
const columns = [...measured.split(','), 'mean_concave_points'];
const tumour = (count: number): ModelMapping => ({
  target: 'diagnosis',
  inputs: { X: columns.slice(0, count) },
  outputs: { label: 'label', probabilities: 'scores' },
  classes: ['malignant', 'benign'],
});
const all: ModelSource = { model: fixture('tumour-all.onnx'), mapping: tumour(8) };
const two: ModelSource = { model: fixture('tumour-two.onnx'), mapping: tumour(2) };
const measures = ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'];
const progress = (name: string): ModelSource => ({
  model: fixture(`${name}.onnx`),
  mapping: { target: 'progression', inputs: { X: measures }, outputs: { value: 'y' } },
});
const wine: ModelMapping = {
  target: 'variety',
  inputs: { X: ['alcohol', 'malic_acid', 'ash', 'alcalinity_of_ash', 'magnesium'] },
  outputs: { label: 'label', probabilities: 'scores' },
  classes: reference.wineClasses as unknown as string[],
};

describe('evaluate', () => {
  it.each<[string, ModelSource, string]>([
    ['tumour-all', all, 'tumours.csv'],
    ['tumour-two', two, 'tumours.csv'],
    ['progress', progress('progress'), 'patients.csv'],
    ['progress-flat', progress('progress-flat'), 'patients.csv'],
    ['wine', { model: fixture('wine.onnx'), mapping: wine }, 'wines.csv'],
  ])('measures the foreign model %s as scikit-learn does', async (name, model, data) => {
    const { scores, rows, setAside, text } = await evaluate(model, fixture(data), { resamples: 100 });
    expect(setAside).toEqual([]);
    const found = new Map(scores.map((score) => [score.metric as string, score]));
    for (const [metric, value] of Object.entries(expected(name))) {
      const score = found.get(metric);
      if (score?.defined !== true) throw new Error(`expected ${metric} to be defined`);
      expect(score.value, metric).toBeCloseTo(value, 5);
      expect(score.low).toBeLessThanOrEqual(score.value);
      expect(score.high).toBeGreaterThanOrEqual(score.value);
    }
    expect(rows).toBeGreaterThan(80);
    expect(text).toContain(`on ${rows} rows`);
  });

  it('takes records, integer labels, logits of one column, and classes in any order', async () => {
    const text = await readFile(fixture('tumours.csv'), 'utf8');
    const [header, ...lines] = text
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const records = lines.map((line) =>
      Object.fromEntries(header!.map((name, i) => [name, name === 'diagnosis' ? line[i] : Number(line[i])])),
    );
    // The labels of the model are 0 and 1, as the column "code" spells them.
    const byCode = await evaluate(
      { model: fixture('tumour-all.onnx'), mapping: { ...tumour(8), target: 'code', classes: ['0', '1'] } },
      records,
      { metrics: ['accuracy'], resamples: 100 },
    );
    expect(byCode.scores[0]).toMatchObject({ defined: true, value: expected('tumour-all').accuracy });
    // Read as logits the probabilities rank rows as before, and mean something else.
    const { label: _label, ...outputs } = { ...tumour(8).outputs, logits: 'scores' };
    const { probabilities: _probabilities, ...logits } = outputs;
    const asLogits = await evaluate(
      { model: fixture('tumour-all.onnx'), mapping: { ...tumour(8), outputs: logits } },
      records,
      {
        metrics: ['rocAuc', 'logLoss'],
        resamples: 100,
      },
    );
    const [auc, loss] = asLogits.scores;
    expect(auc).toMatchObject({ value: expect.closeTo(expected('tumour-all').rocAuc!, 4) });
    expect(loss).toMatchObject({ defined: true });
    expect((loss as { value: number }).value).toBeGreaterThan(0.3);
  });

  it('counts what it can’t judge', async () => {
    const record = { alcohol: 13, malic_acid: 2, ash: 2.3, alcalinity_of_ash: 18, magnesium: 100 };
    const records = [
      ...Array.from({ length: 30 }, (_, i) => ({
        ...record,
        alcohol: 11 + i / 10,
        variety: i % 2 ? 'barolo' : 'barbera',
      })),
      ...Array.from({ length: 4 }, () => ({ ...record, variety: 'merlot' })),
      ...Array.from({ length: 3 }, () => ({ ...record, variety: null })),
    ];
    const { rows, setAside, scores } = await evaluate({ model: fixture('wine.onnx'), mapping: wine }, records, {
      metrics: ['accuracy'],
      resamples: 100,
    });
    expect(rows).toBe(30);
    expect(setAside).toEqual([
      { reason: 'target missing', count: 3 },
      { reason: 'class unknown to the model', count: 4 },
    ]);
    expect(scores).toHaveLength(1);
  });

  it('gives the same interval for the same seed, a wider one for groups than for rows', async () => {
    const options = { metrics: ['accuracy'], resamples: 400 } as const;
    const data = fixture('tumours.csv');
    const first = await evaluate(all, data, options);
    expect((await evaluate(all, data, options)).scores).toEqual(first.scores);
    const grouped = await evaluate(all, data, { ...options, group: 'diagnosis' });
    const width = ({ scores }: typeof first) => {
      const [score] = scores;
      return score?.defined === true ? score.high - score.low : Number.NaN;
    };
    expect(width(grouped)).toBeGreaterThan(width(first));
  });

  it.each<[string, ModelSource, object, RegExp]>([
    ['MODEL_SIGNATURE', fixture('wine.onnx'), {}, /Pass a mapping/],
    ['MODEL_INVALID', fixture('none.onnx'), {}, /does not exist/],
    ['MODEL_INVALID', fixture('wines.csv'), {}, /./],
    ['COLUMN_UNKNOWN', { model: fixture('wine.onnx'), mapping: { ...wine, target: 'cultivar' } }, {}, /cultivar/],
    [
      'MODEL_SIGNATURE',
      { model: fixture('wine.onnx'), mapping: { ...wine, inputs: { Y: ['ash'] } } },
      {},
      /to name inputs of the model \(X\), got "Y"/,
    ],
    [
      'MODEL_SIGNATURE',
      { model: fixture('wine.onnx'), mapping: { ...wine, inputs: { X: ['ash'] } } },
      {},
      /Expected 5 columns for input "X"/,
    ],
    [
      'MODEL_SIGNATURE',
      { model: fixture('wine.onnx'), mapping: { ...wine, outputs: { label: 'labels' } } },
      {},
      /outputs of the model \(label, scores\)/,
    ],
    [
      'MODEL_SIGNATURE',
      { model: fixture('wine.onnx'), mapping: { ...wine, classes: ['a', 'b', 'c'] } },
      {},
      /labels of the mapping's classes/,
    ],
    [
      'RECORD_INVALID',
      {
        model: fixture('wine.onnx'),
        mapping: { ...wine, inputs: { X: ['alcohol', 'malic_acid', 'ash', 'alcalinity_of_ash', 'variety'] } },
      },
      {},
      /Expected numbers in "variety", because input "X" is float32, got a text in row 1\. Correct it, or map another column\.$/,
    ],
    [
      'REQUEST_INVALID',
      { model: fixture('wine.onnx'), mapping: { ...wine, classes: undefined } as never },
      {},
      /it does not say its classes/,
    ],
    ['REQUEST_INVALID', { model: fixture('wine.onnx'), mapping: wine }, { metrics: ['rmse'] }, /allows, got rmse/],
    ['REQUEST_INVALID', { model: fixture('wine.onnx'), mapping: wine }, { level: 2 }, /level/],
  ])('%s', async (code, model, options, message) => {
    const error = await evaluate(model, fixture('wines.csv'), options).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  });
});

describe('compare', () => {
  it('tests labels as statsmodels does, and gives gains with paired intervals', async () => {
    const result = await compare(all, two, fixture('tumours.csv'), { metrics: ['rocAuc', 'accuracy'] });
    const { onlyFirst, onlySecond, pValue } = expected('mcnemar');
    expect(result.tests).toEqual([
      { name: 'mcnemar', onlyFirst, onlySecond, pValue: expect.closeTo(pValue!, 9) as number },
    ]);
    const [auc] = result.gains;
    expect(auc!.gain).toBeCloseTo(expected('tumour-two').rocAuc! - expected('tumour-all').rocAuc!, 5);
    expect(auc!.low).toBeLessThan(auc!.gain);
    // Paired: narrower than the two intervals side by side.
    const width = (score: (typeof result.first.scores)[number]) => (score.defined ? score.high - score.low : 0);
    expect(auc!.high - auc!.low).toBeLessThan(width(result.first.scores[0]!) + width(result.second.scores[0]!));
    expect(result.verdict).toBe('no-clear-difference');
    expect(result.isWorse).toBe(false);
    expect(result.text).toContain('McNemar: 15 rows only the first has right, 9 only the second; p = 0.3075');
  });

  it('tests numbers as scipy does, and finds the worse one', async () => {
    const result = await compare(progress('progress'), progress('progress-flat'), fixture('patients.csv'));
    const { firstNearer, secondNearer, pValue } = expected('wilcoxon');
    const [test] = result.tests;
    expect(test).toMatchObject({ name: 'wilcoxon', firstNearer, secondNearer });
    expect(test!.pValue / pValue!).toBeCloseTo(1, 3);
    expect(result.verdict).toBe('worse');
    expect(result.isWorse).toBe(true);
    const back = await compare(progress('progress-flat'), progress('progress'), fixture('patients.csv'));
    expect(back.verdict).toBe('better');
    expect(back.gains[0]!.gain).toBeCloseTo(-result.gains[0]!.gain, 9);
  });

  it('a margin asks for proof that little is lost', async () => {
    const data = fixture('tumours.csv');
    const options = { metrics: ['accuracy'], resamples: 500 } as const;
    expect((await compare(all, two, data, { ...options, margin: 0.2 })).isWorse).toBe(false);
    expect((await compare(all, two, data, { ...options, margin: 0.001 })).isWorse).toBe(true);
    expect((await compare(all, all, data, { ...options, margin: 0 })).isWorse).toBe(false);
  });

  it('two models that predict different things are refused', async () => {
    const other = { model: fixture('wine.onnx'), mapping: { ...wine, target: 'diagnosis' } };
    await expect(compare(all, other, fixture('wines.csv'))).rejects.toMatchObject({ code: 'COLUMN_UNKNOWN' });
    const renamed = { model: fixture('tumour-all.onnx'), mapping: { ...tumour(8), classes: ['bad', 'benign'] } };
    await expect(compare(all, renamed, fixture('tumours.csv'))).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('models of ours', () => {
  let folder = '';
  const penguins = fileURLToPath(new URL('../../examples/data/penguins.csv', import.meta.url));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'traineragent-judge-'));
    const run = new Trainer().run({ prompt: 'Predict the species.', data: penguins, budget: { workUnits: 60 } });
    const outcome = await run.result;
    if (outcome.status !== 'complete') throw new Error('expected a model');
    await outcome.model.save(join(folder, 'ours.onnx'));
    await writeFile(join(folder, 'wine.json'), JSON.stringify(wine));
    await writeFile(join(folder, 'two.json'), JSON.stringify(tumour(2)));
    await writeFile(join(folder, 'all.json'), JSON.stringify(tumour(8)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const cli = async (...argv: string[]) => {
    const io = fakeIo(folder);
    const code = await runCli(argv, io, systemServices());
    return { code, out: io.stdout.text, err: io.stderr.text };
  };

  it('need no mapping, by path, bytes or loaded, and agree with what they predict', async () => {
    const path = join(folder, 'ours.onnx');
    await using model = await loadModel(path);
    const options = { metrics: ['accuracy'], resamples: 100 } as const;
    const first = await evaluate(path, penguins, options);
    expect((await evaluate(model, penguins, options)).scores).toEqual(first.scores);
    expect((await evaluate(model.bytes, penguins, options)).scores).toEqual(first.scores);
    expect(first.model.hash).toBe(model.hash);
    const text = await readFile(penguins, 'utf8');
    const [header, ...lines] = text
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const records = lines.map((line) => Object.fromEntries(header!.map((name, i) => [name, line[i]!])));
    const said = await model.predict(records.map(({ species: _species, ...rest }) => rest));
    const right = said.filter(({ prediction }, i) => prediction === records[i]!.species).length;
    expect(first.scores[0]).toMatchObject({ value: right / records.length });
  });

  it('traineragent evaluate ends with code 5 below what is asked', async () => {
    const argv = ['evaluate', 'ours.onnx', '--data', penguins, '--metric', 'accuracy'];
    const good = await cli(...argv, '--at-least', '0.5');
    expect(good).toMatchObject({ code: 0 });
    expect(good.out).toMatch(/accuracy +0\.\d+ \(/);
    expect(await cli(...argv, '--at-least', '1.01')).toMatchObject({
      code: 5,
      err: 'The score is less than the 1.01 that was asked, so this ends with code 5.\n',
    });
    expect(await cli('evaluate', fixture('wine.onnx'), '--data', fixture('wines.csv'))).toMatchObject({ code: 1 });
    const foreign = await cli(
      'evaluate',
      fixture('wine.onnx'),
      '--data',
      fixture('wines.csv'),
      '--mapping',
      'wine.json',
      '--json',
    );
    expect(foreign.code).toBe(0);
    expect(JSON.parse(foreign.out)).toMatchObject({ ok: true, rows: 89, task: 'multiclass' });
  });

  it('traineragent compare ends with code 5 where the second is worse', async () => {
    const compared = (first: string, second: string, ...more: string[]) =>
      cli(
        'compare',
        fixture(`tumour-${first}.onnx`),
        fixture(`tumour-${second}.onnx`),
        ...['--data', fixture('tumours.csv'), '--mapping', `${first}.json`, '--second-mapping', `${second}.json`],
        ...more,
      );
    expect(await compared('all', 'two', '--metric', 'accuracy')).toMatchObject({ code: 0 });
    const strict = await compared('all', 'two', '--metric', 'accuracy', '--margin', '0.001', '--json');
    expect(strict.code).toBe(5);
    expect(JSON.parse(strict.out)).toMatchObject({ isWorse: true, verdict: 'no-clear-difference' });
    expect(await compared('all', 'two', '--margin', 'much')).toMatchObject({ code: 2 });
    expect(await compared('all', 'none')).toMatchObject({ code: 1 });
  });
});
