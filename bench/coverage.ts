import { createRandom, type Random } from '../src/core/helpers/random.ts';
import type { MetricId } from '../src/core/task-spec.ts';
import { bootstrapMetric } from '../src/tools/evaluate/intervals.ts';
import type { Prediction } from '../src/tools/evaluate/metric.ts';
import { metricOf } from '../src/tools/evaluate/metrics.ts';
import { makeRow, type Row, type RunOptions } from './row.ts';

interface Scored {
  readonly truth: Float64Array;
  readonly prediction: Prediction;
}

/** A population of scores, of which vaults are drawn. */
interface Population {
  readonly name: string;
  readonly metricIds: readonly MetricId[];
  draw(rowCount: number, random: Random): Scored;
}

/** Normal scores of two classes, `distance` deviations apart; labels by a threshold half-way. */
function binormal(name: string, share: number, distance: number, metricIds: readonly MetricId[]): Population {
  return {
    name,
    metricIds,
    draw(rowCount, random) {
      const truth = Float64Array.from({ length: rowCount }, () => (random.next() < share ? 1 : 0));
      const scores = truth.map((y) => (y === 1 ? distance : 0) + random.normal());
      const probabilities = scores.map((s) => 1 / (1 + Math.exp(distance / 2 - s)));
      return {
        truth,
        prediction: { classCount: 2, probabilities, labels: Int32Array.from(probabilities, (p) => (p >= 0.5 ? 1 : 0)) },
      };
    },
  };
}

function errors(name: string, error: (random: Random) => number): Population {
  return {
    name,
    metricIds: ['rmse', 'mae'],
    draw(rowCount, random) {
      const truth = Float64Array.from({ length: rowCount }, () => 10 * random.normal());
      return { truth, prediction: { classCount: 0, values: truth.map((y) => y + error(random)) } };
    },
  };
}

const labels: readonly MetricId[] = ['accuracy', 'balancedAccuracy', 'rocAuc'];

const populations: readonly Population[] = [
  binormal('half positive, AUC 0.76', 0.5, 1, labels),
  binormal('20 % positive, AUC 0.92', 0.2, 2, labels),
  errors('normal errors', (random) => random.normal()),
  errors('Laplace errors', (random) => (random.next() < 0.5 ? -1 : 1) * Math.log(1 - random.next())),
];

/** The metric of the population: of a million rows, drawn once. */
function truthOf(population: Population): ReadonlyMap<MetricId, number> {
  const { truth, prediction } = population.draw(1_000_000, createRandom(`${population.name}/population`));
  return new Map(population.metricIds.map((id) => [id, metricOf(id).prepare(truth, prediction)()]));
}

export default {
  name: 'coverage',
  about: 'How often a 95 % interval of a vault holds the value of the population: 2,000 simulated vaults, fixed seeds.',
  async run({ quick }: RunOptions): Promise<Row[]> {
    const rows: Row[] = [];
    const sets = quick ? 200 : 2000;
    for (const population of populations) {
      const expected = truthOf(population);
      for (const rowCount of quick ? [200] : [200, 500]) {
        const held = new Map(population.metricIds.map((id) => [id, 0]));
        for (let set = 0; set < sets; set++) {
          const { truth, prediction } = population.draw(
            rowCount,
            createRandom(`${population.name}/${rowCount}/${set}`),
          );
          for (const id of population.metricIds) {
            const bootstrap = bootstrapMetric(id, truth, prediction, { seed: set, resamples: quick ? 500 : 1000 });
            if (!bootstrap.defined) continue;
            const { low, high } = bootstrap.interval;
            const value = expected.get(id)!;
            if (low <= value && value <= high) held.set(id, held.get(id)! + 1);
          }
        }
        for (const id of population.metricIds) {
          const share = held.get(id)! / sets;
          const name = `${population.name}, ${rowCount} rows, ${id}`;
          rows.push(
            makeRow({
              bench: 'coverage',
              case: name,
              metric: 'coverage',
              ours: share,
              peer: 0.95,
              ratio: share,
              must: '0.93..0.97',
            }),
          );
        }
      }
    }
    return rows;
  },
};
