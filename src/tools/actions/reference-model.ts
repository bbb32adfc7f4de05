import { createRandom } from '../../core/helpers/random.ts';
import { buildArtefact } from '../artefact/build-artefact.ts';
import { applyPreparation } from '../data/prepare/apply-preparation.ts';
import { missingCategory } from '../data/prepare/missing-category.ts';
import { planPreparation } from '../data/prepare/plan-preparation.ts';
import { signatureInputs } from '../data/prepare/signature-inputs.ts';
import type { Table } from '../data/table.ts';
import type { Learner, LearnerFacts } from '../learn/learner.ts';
import { graphNodesOf } from '../serve/graph-nodes.ts';

const [rowCount, numberCount] = [4000, 10];

/** What is known of the rows of {@link referenceFit}. */
export const referenceFacts: LearnerFacts = {
  task: 'binary',
  classCount: 2,
  rowCount,
  numberCount,
  categorySizes: [],
  missingShare: 0,
};

/** Makes the same small model everywhere: what it takes tells how fast a machine is. What it says does not matter. */
export function referenceFit(learner: Learner, threads: number) {
  const random = createRandom('pace');
  const columns = Array.from({ length: numberCount }, (_, i) => ({
    name: `n${i}`,
    kind: 'number' as const,
    values: Float64Array.from({ length: rowCount }, () => random.next()),
  }));
  const table: Table = { rowCount, columns };
  const target = Float64Array.from({ length: rowCount }, (_, row) =>
    columns[0]!.values[row]! + random.next() > 1 ? 1 : 0,
  );
  const names = columns.map(({ name }) => name);
  const { preparation } = planPreparation(table, names);
  const features = applyPreparation(table, preparation);
  const configuration = { ...learner.defaults(referenceFacts), iterations: 20, earlyStopping: 0 };
  return {
    units: learner.cost(configuration, referenceFacts),
    fit: () =>
      learner.fit({ features, target }, configuration, referenceFacts, { random: createRandom('pace'), threads }),
    /** The file of a fitted model, and what is counted of it. */
    fileOf({ model }: Awaited<ReturnType<Learner['fit']>>) {
      const { bytes } = buildArtefact({
        signature: {
          formatVersion: 1,
          task: 'binary',
          target: 'y',
          inputs: signatureInputs(table, preparation),
          missingCategory,
          output: { kind: 'classification', classes: ['no', 'yes'], positive: 'yes' },
        },
        preparation,
        members: [{ model, weight: 1 }],
        card: { formatVersion: 1 },
      });
      const cost = {
        operationsPerRow: model.operationsPerRow,
        graphNodes: graphNodesOf({ categories: 0, members: 1 }),
        fileBytes: bytes.length,
        inputs: numberCount,
      };
      return { bytes, cost };
    },
  };
}
