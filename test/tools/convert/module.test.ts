import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { checkModel } from '../../../src/onnx/check-model.ts';
import { loadModel } from '../../../src/tools/artefact/model.ts';
import { moduleText } from '../../../src/tools/convert/module-text.ts';
import { createPortable } from '../../../src/tools/convert/portable/portable-predictor.ts';
import { toPortable } from '../../../src/tools/convert/to-portable.ts';
import { baselineLearner } from '../../../src/tools/learn/baseline/baseline-learner.ts';
import type { TaskKind } from '../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel } from '../artefact/sample-model.ts';
import { type Answer, differenceOf, recordsOf } from './sample-records.ts';

const backend = onnxBackend();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portable-'));
});
afterAll(() => rm(folder, { recursive: true }));

const calibrations = {
  binary: { calibration: { kind: 'sigmoid', slope: 1.3, offset: -0.2 } },
  multiclass: { calibration: { kind: 'temperature', exponent: 0.8 } },
  regression: {},
} as const;

describe('a model as a module without imports', () => {
  const learners = {
    linear: [{ learner: linearLearner, weight: 1, configuration: { knots: 3 } }],
    trees: [{ learner: treesLearner, weight: 1, configuration: { iterations: 30 } }],
    blend: [
      { learner: linearLearner, weight: 0.5 },
      { learner: treesLearner, weight: 0.25, configuration: { iterations: 10 } },
      { learner: baselineLearner, weight: 0.25 },
    ],
  } as const;
  const cases = (['binary', 'multiclass', 'regression'] as const).flatMap((task) =>
    Object.keys(learners).map((kind) => [task, kind as keyof typeof learners] as const),
  );

  test.each<readonly [TaskKind, keyof typeof learners]>(cases)(
    'predicts 10,000 rows with missing and unseen values as ONNX Runtime does: %s, %s',
    async (task, kind) => {
      const extra = kind === 'blend' ? calibrations[task] : {};
      const { artefact } = await buildSampleModel(task, learners[kind], extra as never);
      await using model = loadModel(artefact.bytes, backend, { where: 'inline' });
      const records = recordsOf(10_000);
      const expected = await model.predict(records);
      const { worst, labels } = differenceOf(createPortable(toPortable(checkModel(artefact.bytes)))(records), expected);
      expect(worst).toBeLessThanOrEqual(1e-5);
      expect(labels).toBe(0);
    },
  );

  test('runs in a process that has nothing else, as JavaScript', async () => {
    const { artefact } = await buildSampleModel('binary', learners.blend, calibrations.binary as never);
    const text = moduleText(artefact.bytes, 'javascript');
    expect(text).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m);
    const records = recordsOf(200);
    await writeFile(join(folder, 'model.mjs'), text);
    await writeFile(join(folder, 'records.json'), JSON.stringify(records));
    await writeFile(
      join(folder, 'run.mjs'),
      `import { readFileSync } from 'node:fs'; import { predict, signature } from './model.mjs';
       const records = JSON.parse(readFileSync(new URL('records.json', import.meta.url), 'utf8'));
       console.log(JSON.stringify({ target: signature.target, one: predict(records[0]), all: predict(records) }));`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'run.mjs')]);
    const { target, one, all } = JSON.parse(stdout) as { target: string; one: Answer[]; all: Answer[] };
    await using model = loadModel(artefact.bytes, backend, { where: 'inline' });
    expect(target).toBe('target');
    expect(one).toEqual(all.slice(0, 1));
    expect(differenceOf(all, await model.predict(records))).toMatchObject({ labels: 0 });
  });

  test('is valid TypeScript, with the types of its columns', async () => {
    const { artefact } = await buildSampleModel('multiclass', learners.linear);
    const path = join(folder, 'model.ts');
    await writeFile(path, moduleText(artefact.bytes, 'typescript'));
    const use = join(folder, 'use.ts');
    await writeFile(
      use,
      `import { predict } from './model.ts'; export const x: string | number = predict([{ usage: 3 }])[0]!.prediction;`,
    );
    const program = ts.createProgram([use], {
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      types: [],
      lib: ['lib.es2015.d.ts'],
      skipLibCheck: true,
    });
    const errors = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
    expect(errors).toEqual([]);
  });

  test('says which record is wrong, and takes what can not be a script', async () => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const predict = createPortable(toPortable(checkModel(artefact.bytes)));
    expect(() => predict([{ usage: 1 }, { usage: 'many' }])).toThrow(/usage/);
    expect(moduleText(artefact.bytes, 'javascript')).not.toContain('</script');
  });

  test('has the runtime that its source gives', async () => {
    const script = fileURLToPath(new URL('../../../scripts/build-portable.mjs', import.meta.url));
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toBeDefined();
  });
});
