import { createRandom } from '../src/core/helpers/random.ts';
import { buildArtefact } from '../src/tools/artefact/build-artefact.ts';
import { applyPreparation } from '../src/tools/data/prepare/apply-preparation.ts';
import { missingCategory } from '../src/tools/data/prepare/missing-category.ts';
import { planPreparation } from '../src/tools/data/prepare/plan-preparation.ts';
import { signatureInputs } from '../src/tools/data/prepare/signature-inputs.ts';
import type { Table } from '../src/tools/data/table.ts';
import { treesLearner } from '../src/tools/learn/trees/trees-learner.ts';

const columns = 20;

/** A boosted-tree model of 20 numbers for two classes, and records that it takes. */
export async function servedTrees(trees: number): Promise<{
  readonly bytes: Uint8Array;
  readonly columns: readonly string[];
  readonly records: readonly Readonly<Record<string, number>>[];
}> {
  const random = createRandom('serve');
  const rowCount = 4000;
  const values = Array.from({ length: columns }, () => Float64Array.from({ length: rowCount }, () => random.normal()));
  const names = values.map((_, i) => `x${i}`);
  const table: Table = {
    rowCount,
    columns: values.map((column, i) => ({ name: names[i]!, kind: 'number' as const, values: column })),
  };
  const target = Float64Array.from({ length: rowCount }, (_, row) => {
    let sum = 0;
    for (const [i, column] of values.entries())
      sum += column[row]! * Math.sin(i) + (i % 3 === 0 ? Math.abs(column[row]!) - 0.8 : 0);
    return sum + random.normal() > 0 ? 1 : 0;
  });
  const { preparation } = planPreparation(table, names);
  const features = applyPreparation(table, preparation);
  const { model } = await treesLearner.fit(
    { features, target },
    { iterations: trees, learningRate: 0.05, leaves: 31, minChildSamples: 10 },
    { task: 'binary', classCount: 2 },
    { random, threads: 1 },
  );
  const { bytes } = buildArtefact({
    signature: {
      formatVersion: 1,
      task: 'binary',
      target: 'label',
      inputs: signatureInputs(table, preparation),
      missingCategory,
      output: { kind: 'classification', classes: ['no', 'yes'], positive: 'yes' },
    },
    preparation,
    members: [{ model, weight: 1 }],
    card: { formatVersion: 1, task: 'binary' },
  });
  const records = Array.from({ length: 200 }, (_, row) =>
    Object.fromEntries(values.map((column, i) => [names[i]!, Math.round(column[row]! * 1e4) / 1e4])),
  );
  return { bytes, columns: names, records };
}
