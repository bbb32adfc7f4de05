import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOutputs } from '../../src/cli/write-outputs.ts';
import { runFolder } from '../../src/core/file-store.ts';
import { sha256 } from '../../src/core/helpers/hash.ts';
import { formTolerance } from '../../src/core/helpers/model-forms.ts';
import { readJournal } from '../../src/core/run-folder.ts';
import {
  type DeliveredForm,
  fileStore,
  loadModel,
  type ModelForm,
  type PredictionResult,
  type RunRequest,
  replace,
  Trainer,
  type TrainerOutcome,
} from '../../src/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';
import { differenceOf } from '../tools/convert/sample-records.ts';
import { startHost } from './host.ts';
import { planOf } from './sample.ts';

const dataOf = (name: string) => fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));
/** One network, and few folds: each form is made of the fit of each. */
const neuralBy = (by: 'strata' | 'random') => ({
  'model.candidates': { learners: ['network'] },
  'task.plan': planOf('network', 'normal', 3, by),
});
const neural = neuralBy('strata');
type Complete = Extract<TrainerOutcome, { status: 'complete' }>;

function complete(outcome: TrainerOutcome): Complete {
  if (outcome.status !== 'complete') throw new Error(JSON.stringify(outcome.facts.verdict));
  return outcome;
}

/** Rows of a file as records, and the same with cells left out and values that nobody has seen. */
async function recordsOf(name: string): Promise<readonly Record<string, string | number>[]> {
  const [head = '', ...lines] = (await readFile(dataOf(name), 'utf8')).trim().split('\n');
  const names = head.split(',');
  const rows = lines.map((line) => {
    const cells = line.split(',').map((cell, i): [string, string | number][] => {
      if (cell === '' || cell === 'NA') return [];
      const number = Number(cell);
      return [[names[i]!, Number.isNaN(number) ? cell : number]];
    });
    return Object.fromEntries(cells.flat());
  });
  const altered = rows.map((row, i) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([column, value], j): [string, string | number][] =>
        (i + j) % 4 === 0
          ? []
          : [[column, typeof value === 'string' && column !== 'Year' && (i + j) % 5 === 0 ? 'never seen' : value]],
      ),
    ),
  );
  return [...rows, ...altered];
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-forms-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Predicts with what a run has left in its folder. */
async function predictWith(
  place: string,
  form: ModelForm,
  records: readonly object[],
): Promise<readonly PredictionResult[]> {
  const path = join(folder, place);
  if (form === 'javascript') return (await import(/* @vite-ignore */ pathToFileURL(path).href)).predict(records);
  if (form === 'typescript') {
    const { outputText } = ts.transpileModule(await readFile(path, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    await writeFile(`${path}.mjs`, outputText);
    return (await import(/* @vite-ignore */ pathToFileURL(`${path}.mjs`).href)).predict(records);
  }
  const file = form === 'browser' ? join(path, 'model.onnx') : path;
  await using model = await loadModel(file);
  // Waited for here: what is returned would outlive the model.
  return await model.predict(records as never);
}

describe.each([
  [
    'classes',
    'penguins.csv',
    'Predict the species with a neural network: as float32, float16, int8 (static and dynamic), a JavaScript module, TypeScript code and for the browser.',
  ],
  [
    'numbers',
    'cars.csv',
    'Predict Miles_per_Gallon with a neural network. I need it in float16, as a JavaScript module and in the browser.',
  ],
])('a run that asks for forms in words, of %s', (kind, data, prompt) => {
  let outcome: Complete;
  const place = (name: string) => join(kind, name);
  beforeAll(async () => {
    const trainer = new Trainer({ store: runFolder(join(folder, kind, 'run')) });
    const request: RunRequest = {
      prompt,
      data: dataOf(data),
      budget: { workUnits: 5000 },
      answers: neuralBy(kind === 'classes' ? 'strata' : 'random'),
      runId: kind,
    };
    outcome = complete(await trainer.run(request).result);
    await writeOutputs(outcome, join(folder, kind));
  }, 300_000);

  it('delivers each, and each answers as its tolerance says on every row, with missing and unseen values', async () => {
    const asked = outcome.task.forms!.map(({ form }) => form);
    expect(asked.length).toBe(kind === 'classes' ? 7 : 3);
    const delivered = outcome.forms.map(({ form }) => form);
    expect([...delivered].sort()).toEqual([...new Set<ModelForm>(['float32', ...asked])].sort());
    expect(outcome.facts.verdict.reasons.filter(({ code }) => code === 'FORM_NOT_DELIVERED')).toEqual([]);
    const records = await recordsOf(data);
    const float32 = outcome.forms.find(({ form }) => form === 'float32')!;
    await float32.save(join(folder, kind, 'whole.onnx'));
    const expected = await predictWith(place('whole.onnx'), 'float32', records);
    expect(expected).toHaveLength(records.length);
    for (const { form, name, isDeployed } of outcome.forms) {
      const found = await predictWith(place(isDeployed ? 'model.onnx' : name), form, records);
      const { worst } = differenceOf(found as never, expected as never);
      // The folder holds the form that is the model.
      const { form: held } = form === 'browser' ? outcome.forms.find((one) => one.isDeployed)! : { form };
      expect([form, worst <= Math.max(formTolerance[form], formTolerance[held])]).toEqual([form, true]);
    }
  });

  it('judges the form that is the model on the vault, and no other', async () => {
    const deployed: DeliveredForm = outcome.forms.find(({ isDeployed }) => isDeployed)!;
    // Asked for too, float32 is the model.
    expect(deployed.form).toBe(kind === 'classes' ? 'float32' : 'float16');
    const { records } = readJournal(await readFile(join(folder, kind, 'run/journal.jsonl')));
    const reads = records.flatMap(({ body }) => (body.kind === 'vault-read' ? [body.modelHash] : []));
    expect(reads).toEqual([outcome.model.hash]);
    expect(sha256(await readFile(join(folder, kind, 'model.onnx')))).toBe(outcome.model.hash);
    const { vault } = outcome.facts.hashes;
    expect(vault).toMatch(/^[0-9a-f]{64}$/);
    for (const { body } of records)
      if (body.kind === 'call' && ['convert', 'judge-forms'].includes(body.at.name))
        expect(JSON.stringify(body.input)).not.toContain(vault);
  });

  it('tells score, loss, difference, size and latency of each, in facts, card, report and answer', async () => {
    const { forms } = outcome.facts;
    expect(forms![0]).toMatchObject({ isDeployed: true, isDelivered: true });
    for (const fact of forms!) {
      expect(fact.sizeBytes).toBeGreaterThan(1000);
      if (fact.form === 'float32') continue;
      expect(fact.rows).toBeGreaterThan(200);
      expect(fact.maxDifference).toBeLessThanOrEqual(fact.tolerance!);
      expect(fact.latencyMs!.after).toBeGreaterThan(0);
      const isRounded = ['float16', 'int8', 'int8-dynamic'].includes(fact.form);
      expect(fact.loss === undefined).toBe(!isRounded);
      if (isRounded) {
        expect(fact.loss).toBeLessThanOrEqual(fact.toleratedLoss!);
        expect(fact.sizeBytes).toBeLessThan(forms!.find(({ form }) => form === 'float32')!.sizeBytes!);
      }
    }
    const { json, markdown } = await outcome.card();
    expect(json.forms).toHaveLength(forms!.length);
    expect(markdown).toContain('| ONNX in float16 |');
    const report = await outcome.report();
    expect(report).toContain('<h3>Forms of the model</h3>');
    expect(report).toMatch(/class="name">form<\/th><td class="wide">ONNX in float(32|16)<\/td><td>the prompt/);
    expect(outcome.facts.answer!.join('\n')).toMatch(/It comes as ONNX in float\d+ \(the model that was judged/);
  });

  it('is recomputed by verify, form by form, and a file that was changed is found', async () => {
    const own = join(folder, kind);
    const checks = await verifyRun(join(own, 'run'), { outputs: own });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const names = checks.map(({ name }) => name).join('\n');
    expect(names).toMatch(/model\.compress judge-forms .*forms\[0\]\.scores\[0\]/);
    expect(names).toMatch(/model\.freeze convert .* file/);
    expect(names).toContain('model.mjs SHA-256');
    const path = join(own, 'model.mjs');
    const text = await readFile(path, 'utf8');
    await writeFile(path, `${text} `);
    const bad = (await verifyRun(join(own, 'run'), { outputs: own })).filter(({ ok }) => !ok);
    await writeFile(path, text);
    expect(bad.map(({ name }) => name)).toEqual(['model.mjs SHA-256']);
    expect((await stat(join(own, 'browser/index.html'))).size).toBeGreaterThan(100);
  }, 120_000);
});

describe('forms that make no sense', () => {
  it('are refused with the measured sizes, and the model goes on as it is', async () => {
    const outcome = complete(
      await new Trainer().run({
        prompt: 'Predict the species as float16, int8 and TypeScript code, and as CoreML.',
        data: dataOf('penguins.csv'),
        budget: { workUnits: 1000 },
        answers: { 'model.candidates': { learners: ['trees'] } },
      }).result,
    );
    expect(outcome.forms.map(({ form, isDeployed }) => [form, isDeployed])).toEqual([
      ['float32', true],
      ['typescript', false],
    ]);
    const reasons = outcome.facts.verdict.reasons.filter(({ code }) => code === 'FORM_NOT_DELIVERED');
    expect(reasons.map(({ evidence }) => evidence!.form)).toEqual(['float16', 'int8']);
    expect(reasons[0]!.message).toMatch(
      /not delivered as ONNX in float16\. Expected a model that becomes smaller.*Thresholds of trees stay/,
    );
    expect(outcome.facts.verdict.reasons.find(({ code }) => code === 'UNSUPPORTED_WISH')?.message).toContain('CoreML');
    expect(outcome.facts.verdict.kind).toBe('accept-with-warning');
  }, 120_000);

  it.each(['tflite', 'coreml', 'float64'])('are no request: %s', async (form) => {
    const request = { prompt: 'Predict the species', data: dataOf('penguins.csv'), forms: [form] } as never;
    await expect(new Trainer().run(request).result).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(new RegExp(`to be of float32, .*, got "${form}", which can not be made here`)),
    });
  });
});

describe('the choice of forms', () => {
  const request: RunRequest = {
    prompt: 'Predict the species.',
    data: dataOf('penguins.csv'),
    budget: { workUnits: 5000 },
    answers: neural,
    forms: ['float16', 'javascript'],
    runId: 'first',
  };
  let first: Complete;
  const store = () => fileStore(join(folder, 'choice'));
  beforeAll(async () => {
    first = complete(await new Trainer({ store: store() }).run(request).result);
  }, 300_000);

  it('makes the smallest form that loses nothing to speak of the model', () => {
    expect(first.forms.map(({ form, isDeployed }) => [form, isDeployed])).toEqual([
      ['float16', true],
      ['float32', false],
      ['javascript', false],
    ]);
    expect(first.facts.decisions.find(({ question }) => question === 'model.forms')).toMatchObject({ by: 'rule' });
  });

  it('ends with the same model where the process is killed while forms are made', async () => {
    const { records } = readJournal(await readFile(join(folder, 'choice/first/journal.jsonl')));
    const points = records.filter(
      ({ body }) =>
        (body.kind === 'call' && ['convert', 'judge-forms'].includes(body.at.name)) ||
        (body.kind === 'decision' && body.at.name === 'model.forms'),
    );
    expect(points.length).toBeGreaterThan(4);
    // One run that is killed, goes on to the next point, and is killed again; what each left is resumed by itself.
    const line = join(folder, 'line');
    for (const [i, point] of [points[1]!, points[3]!, points.at(-1)!].entries()) {
      const host = startHost({ folder: line, ...(i === 0 ? { request } : { resume: 'first' }), holdAt: point.record });
      expect(await host.until((said) => said.holds === point.record)).toBeDefined();
      await host.kill();
      const own = join(folder, `killed-${point.record}`);
      await cp(line, own, { recursive: true });
      const run = new Trainer({ store: fileStore(own) }).resume('first');
      const called: string[] = [];
      for await (const event of run) if (event.type === 'tool-call' && event.phase === 'start') called.push(event.tool);
      const resumed = complete(await run.result);
      expect(resumed.model.hash).toBe(first.model.hash);
      expect(resumed.facts.forms!.map(({ hash }) => hash)).toEqual(first.facts.forms!.map(({ hash }) => hash));
      for (const tool of ['collect', 'split', 'prepare']) expect(called).not.toContain(tool);
    }
  }, 300_000);

  it('can be taken another way by a fork', async () => {
    const fork = new Trainer({ store: store() }).fork('first', {
      at: 'model.forms',
      answer: { deliver: ['javascript'], deploy: 'float32' },
      runId: 'whole',
    });
    const outcome = complete((await fork.result) as TrainerOutcome);
    expect(outcome.forms.map(({ form }) => form)).toEqual(['float32', 'javascript']);
    expect(outcome.model.hash).toBe(first.facts.forms!.find(({ form }) => form === 'float32')!.hash);
    const reason = outcome.facts.verdict.reasons.find(({ code }) => code === 'FORM_NOT_DELIVERED');
    expect(reason?.evidence).toEqual({ form: 'float16', why: 'A decision left it out.' });
  }, 300_000);

  it('can be taken by the host, who may decline a form, and can not have one that is not there', async () => {
    const trainer = new Trainer();
    trainer.decide('model.forms', ({ facts }) => {
      expect((facts as { forms: readonly { form: string }[] }).forms.map(({ form }) => form)).toEqual(['javascript']);
      return replace({ deliver: [], deploy: 'float32' }, 'Nobody reads it.');
    });
    const linear = {
      ...request,
      forms: ['javascript'] as const,
      answers: { 'model.candidates': { learners: ['linear'] } },
    };
    const outcome = complete(await trainer.run(linear).result);
    expect(outcome.forms.map(({ form }) => form)).toEqual(['float32']);
    expect(outcome.facts.forms![1]).toMatchObject({ form: 'javascript', isDelivered: false });
    const wrong = {
      ...linear,
      runId: 'wrong',
      answers: { ...linear.answers, 'model.forms': { deliver: ['javascript'], deploy: 'float16' } },
    };
    await expect(new Trainer().run(wrong).result).rejects.toMatchObject({ code: 'DECISION_INVALID' });
  }, 120_000);
});
