import { createRandom } from '../../../core/helpers/random.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import { averageSlot } from './optimisers.ts';
import type { PlannedParameter, TrainingPlan } from './plan.ts';

function draw({ key, shape, initial }: PlannedParameter, seed: number | string): Float32Array {
  if (initial.kind === 'values') return initial.values;
  const values = new Float32Array(sizeOf(shape));
  if (initial.kind === 'constant') return values.fill(initial.value);
  // A stream of its own for each parameter: another layer changes nothing here.
  const random = createRandom(`${seed}/parameter/${key}`);
  for (let i = 0; i < values.length; i++) {
    values[i] =
      initial.kind === 'uniform' ? (2 * random.next() - 1) * initial.limit : random.normal() * initial.deviation;
  }
  return values;
}

/**
 * The state before the first step: parameters as their layers say, the optimiser's memory zero. It is to be read only, and its memory is not its own: weights
 * of a file lie in the file, and all zeros are the same.
 */
export function initialState(plan: TrainingPlan): ReadonlyMap<string, Float32Array> {
  const zeros = new Float32Array(Math.max(...plan.state.map(({ shape }) => sizeOf(shape))));
  const byKey = new Map(plan.parameters.map((parameter) => [parameter.key, parameter]));
  return new Map(
    plan.state.map(({ key, shape }) => {
      // A moving average starts as its weight.
      const parameter = byKey.get(key.replace(new RegExp(`#${averageSlot}$`), ''));
      return [
        key,
        parameter === undefined ? zeros.subarray(0, sizeOf(shape)) : draw(parameter, plan.training.seed ?? 0),
      ];
    }),
  );
}
