import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../src/core/helpers/random.ts';
import type { ModelSignature } from '../../../src/onnx/signature.ts';
import { type Artefact, type ArtefactParts, buildArtefact } from '../../../src/tools/artefact/build-artefact.ts';
import { applyPreparation } from '../../../src/tools/data/prepare/apply-preparation.ts';
import { missingCategory } from '../../../src/tools/data/prepare/missing-category.ts';
import { planPreparation } from '../../../src/tools/data/prepare/plan-preparation.ts';
import type { Preparation } from '../../../src/tools/data/prepare/preparation.ts';
import { signatureInputs } from '../../../src/tools/data/prepare/signature-inputs.ts';
import type { Column, Table } from '../../../src/tools/data/table.ts';
import { applyCalibration } from '../../../src/tools/evaluate/calibration.ts';
import { applyBlend } from '../../../src/tools/evaluate/ensemble.ts';
import type { Configuration, Features, FittedModel, Learner, TaskKind } from '../../../src/tools/learn/learner.ts';

function validity(rowCount: number, isPresent: (row: number) => boolean): Uint8Array {
  const bits = new Uint8Array((rowCount + 7) >> 3);
  for (let row = 0; row < rowCount; row++) if (isPresent(row)) bits[row >> 3]! |= 1 << (row & 7);
  return bits;
}

/** A table of every kind, with missing values; `plan` has `unseenShare` of values that other seeds do not have. */
export function sampleTable(rowCount: number, seed: string, unseenShare = 0): Table {
  const random = createRandom(seed);
  const present = (share: number): Uint8Array => {
    const draws = Float64Array.from({ length: rowCount }, () => random.next());
    return validity(rowCount, (row) => draws[row]! >= share);
  };
  const plans = ['basic', 'plus', 'ünïque', 'a b'];
  const dictionary = [...plans, 'never seen', '\u{1F427}'];
  const codes = Int32Array.from({ length: rowCount }, () =>
    random.next() < unseenShare ? 4 + random.integer(2) : random.integer(plans.length),
  );
  const numbers = (spread: number): Float64Array =>
    Float64Array.from({ length: rowCount }, () => random.normal() * spread);
  const columns: Column[] = [
    { name: 'tenure', kind: 'number', values: numbers(10), validity: present(0.1), unit: 'years' },
    { name: 'since', kind: 'datetime', values: numbers(1e12).map(Math.floor), validity: present(0.05) },
    { name: 'plan', kind: 'category', codes, dictionary, validity: present(0.1) },
    {
      name: 'active',
      kind: 'boolean',
      values: Uint8Array.from({ length: rowCount }, () => random.integer(2)),
      labels: ['no', 'yes'],
      validity: present(0.02),
    },
    { name: 'usage', kind: 'number', values: numbers(1000) },
    {
      name: 'region',
      kind: 'category',
      codes: Int32Array.from({ length: rowCount }, () => random.integer(3)),
      dictionary: ['N', 'S', '__proto__'],
    },
  ];
  return { rowCount, columns };
}

/** A target that depends on every column. */
export function sampleTarget(table: Table, task: TaskKind): Float64Array {
  const random = createRandom('target');
  const [tenure, , plan, active, usage] = table.columns as [
    Column & { kind: 'number' },
    Column,
    Column & { kind: 'category' },
    Column & { kind: 'boolean' },
    Column & { kind: 'number' },
  ];
  return Float64Array.from({ length: table.rowCount }, (_, row) => {
    const value =
      tenure.values[row]! / 10 +
      (plan.codes[row]! - 1.5) +
      active.values[row]! +
      usage.values[row]! / 500 +
      random.normal();
    if (task === 'regression') return 100 + 20 * value;
    if (task === 'binary') return value > 0.5 ? 1 : 0;
    return value < -1 ? 0 : value < 1.5 ? 1 : 2;
  });
}

export const classNames = { binary: ['no', 'yés'], multiclass: ['low', 'mid', '__proto__'], regression: [] } as const;

/** A signature for the sample's columns. */
export function sampleSignature(table: Table, preparation: Preparation, task: TaskKind): ModelSignature {
  const classes = classNames[task];
  return {
    formatVersion: 1,
    task,
    target: 'target',
    inputs: signatureInputs(table, preparation),
    missingCategory,
    output:
      task === 'regression'
        ? { kind: 'regression', unit: '€', interval: { coverage: 0.9 } }
        : { kind: 'classification', classes, ...(task === 'binary' ? { positive: 'yés' } : {}) },
  };
}

/** A model of learners fitted to the sample, and what they predict themselves. */
export interface SampleModel {
  readonly artefact: Artefact;
  readonly parts: ArtefactParts;
  readonly preparation: Preparation;
  /** The weighted mean of the members' own predictions, calibrated. */
  predict(features: Features): Float64Array;
  prepare(table: Table): Features;
}

/** Fits learners (each with its weight) and assembles them. */
export async function buildSampleModel(
  task: TaskKind,
  learners: readonly { learner: Learner; weight: number; configuration?: Configuration }[],
  extra: Pick<ArtefactParts, 'calibration' | 'decision'> = {},
): Promise<SampleModel> {
  const table = sampleTable(600, 'training');
  const { preparation } = planPreparation(
    table,
    table.columns.map(({ name }) => name),
  );
  const features = applyPreparation(table, preparation);
  const target = sampleTarget(table, task);
  const classCount = classNames[task].length;
  const facts = {
    task,
    classCount,
    rowCount: table.rowCount,
    numberCount: features.numbers.length,
    categorySizes: features.categories.map(({ size }) => size),
    missingShare: 0.05,
  };
  const members: { model: FittedModel; weight: number }[] = [];
  for (const { learner, weight, configuration } of learners) {
    const fit = await learner.fit(
      { features, target },
      { ...learner.defaults(facts), ...configuration },
      { task, classCount },
      { random: createRandom('fit'), threads: 1, backend: async () => onnxBackend() },
    );
    members.push({ model: fit.model, weight });
  }
  const parts: ArtefactParts = {
    signature: sampleSignature(table, preparation, task),
    preparation,
    members,
    card: { formatVersion: 1, task },
    ...(task === 'regression' ? { conformal: { kind: 'residual', coverage: 0.9, low: -30, high: 35 } as const } : {}),
    ...extra,
  };
  return {
    artefact: buildArtefact(parts),
    parts,
    preparation,
    prepare: (given) => applyPreparation(given, preparation),
    predict(given) {
      const outputs = members.map(({ model }) => model.predict(given));
      const blended = applyBlend(
        members.map(({ weight }) => weight),
        outputs,
      );
      return applyCalibration(extra.calibration ?? { kind: 'none' }, blended, classCount);
    },
  };
}
