import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/backends/backend.ts';
import { encodeTableForModel } from '../../src/tools/artefact/encode-table.ts';
import type { Calibration } from '../../src/tools/evaluate/calibration.ts';
import { applyDecision, type DecisionRule, plainDecision } from '../../src/tools/evaluate/decision.ts';
import { baselineLearner } from '../../src/tools/learn/baseline/baseline-learner.ts';
import type { Configuration, Learner, TaskKind } from '../../src/tools/learn/learner.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { buildSample } from '../onnx/sample.ts';
import { buildSampleModel, classNames, sampleTable } from '../tools/artefact/sample-model.ts';

const python = process.env.TRAINERAGENT_PYTHON ?? '.venv/bin/python';
const script = fileURLToPath(new URL('./onnx-run.py', import.meta.url));
const rowCount = 10_000;

/** Runs a model in Python's onnxruntime; every output as numbers or strings. */
function runInPython(model: Uint8Array, inputs: Readonly<Record<string, Tensor>>): Record<string, (number | string)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'traineragent-interop-'));
  writeFileSync(join(folder, 'model.onnx'), model);
  const described = Object.entries(inputs).map(([name, { dtype, shape, data }]) => {
    if (dtype === 'string') writeFileSync(join(folder, name), JSON.stringify(data));
    else writeFileSync(join(folder, name), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { name, dtype, shape };
  });
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(described));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(readFileSync(join(folder, 'outputs.json'), 'utf8')) as Record<string, (number | string)[]>;
}

const linear = { learner: linearLearner };
const curved = { learner: linearLearner, configuration: { knots: 3, clip: true } };
const trees = { learner: treesLearner, configuration: { iterations: 40 } };
const baseline = { learner: baselineLearner };
type Member = { readonly learner: Learner; readonly configuration?: Configuration };

const ensembles: readonly [string, readonly Member[]][] = [
  ['baseline', [baseline]],
  ['linear', [linear]],
  ['linear with knots', [curved]],
  ['trees', [trees]],
  ['ensemble', [linear, curved, trees, baseline]],
];
const steps: Readonly<Record<TaskKind, readonly Steps[]>> = {
  binary: [
    { name: 'plain' },
    {
      name: 'sigmoid and threshold',
      calibration: { kind: 'sigmoid', slope: 0.8, offset: 0.1 },
      decision: { kind: 'threshold', threshold: Math.fround(0.4) },
    },
    { name: 'isotonic', calibration: { kind: 'isotonic', x: [0.1, 0.4, 0.5, 0.9], y: [0, 0.3, 0.7, 1] } },
  ],
  multiclass: [
    { name: 'plain' },
    {
      name: 'temperature and multipliers',
      calibration: { kind: 'temperature', exponent: 1.3 },
      decision: { kind: 'multipliers', multipliers: [1, 1.5, 0.75] },
    },
  ],
  regression: [{ name: 'plain' }],
};

/** What comes after the blend. */
interface Steps {
  readonly name: string;
  readonly calibration?: Calibration;
  readonly decision?: DecisionRule;
}

describe.each<TaskKind>(['binary', 'multiclass', 'regression'])('%s', (task) => {
  const cases = steps[task].flatMap((extra) =>
    ensembles.map(([name, members]) => [name, extra.name, members, extra] as const),
  );
  test.each(cases)(
    "%s, %s: Python's onnxruntime gives what the learners give on typed arrays",
    async (_members, _steps, members, { name: _, ...extra }) => {
      const weighted = members.map((member) => ({ ...member, weight: 1 / members.length }));
      const sample = await buildSampleModel(task, weighted, extra);
      const table = sampleTable(rowCount, 'interop', 0.1);
      const expected = sample.predict(sample.prepare(table));
      const inputs = encodeTableForModel(sample.parts.signature, table);
      const outputs = runInPython(sample.artefact.bytes, inputs);

      let worst = 0;
      const compare = (got: number | string | undefined, wanted: number): void => {
        const difference = Math.abs((got as number) - wanted) / Math.max(1, Math.abs(wanted));
        if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
      };
      if (task === 'regression') {
        for (let row = 0; row < rowCount; row++) {
          compare(outputs.prediction![row], expected[row]!);
          compare(outputs.interval![row * 2], expected[row]! - 30);
          compare(outputs.interval![row * 2 + 1], expected[row]! + 35);
        }
        expect(worst).toBeLessThan(1e-5);
        return;
      }
      const classes = classNames[task];
      const width = classes.length;
      for (let row = 0; row < rowCount; row++) {
        for (let k = 0; k < width; k++) {
          const wanted =
            task === 'multiclass' ? expected[row * width + k]! : k === 1 ? expected[row]! : 1 - expected[row]!;
          compare(outputs.probabilities![row * width + k], wanted);
        }
      }
      expect(worst).toBeLessThan(1e-5);

      const rule = extra.decision ?? plainDecision(width);
      const decided = applyDecision(rule, expected);
      let different = 0;
      for (let row = 0; row < rowCount; row++) {
        if (outputs.label![row] !== classes[decided[row]!] && !isTie(rule, expected, row)) different++;
      }
      expect(different).toBe(0);
    },
  );
});

/** Whether the two best classes of a row are nearer to each other than the rounding of float32. */
function isTie(rule: DecisionRule, expected: Float64Array, row: number): boolean {
  if (rule.kind === 'threshold') return Math.abs(expected[row]! - rule.threshold) < 1e-6;
  const scores = rule.multipliers.map((multiplier, k) => expected[row * rule.multipliers.length + k]! * multiplier);
  scores.sort((a, b) => b - a);
  return scores[0]! - scores[1]! < 2e-6;
}

test("files pass ONNX's own checker and run with every kind of content", () => {
  const outputs = runInPython(buildSample(), {
    numbers: { dtype: 'float32', shape: [1, 3], data: Float32Array.of(1, 1, 1) },
    categories: { dtype: 'string', shape: [1, 1], data: ['é'] },
  });
  expect(outputs).toMatchObject({ left: [9], right: [12], is_a: [0], name: ['naïve'] });
});
