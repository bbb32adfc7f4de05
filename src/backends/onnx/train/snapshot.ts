import { TrainerError } from '../../../core/errors.ts';
import type { Tensor, TrainingSnapshot } from '../../backend.ts';
import { sameShape, sizeOf } from '../autodiff/shapes.ts';
import type { TrainingPlan } from './plan.ts';

/** The state of a training as plain data, copied. */
export function takeSnapshot(
  plan: TrainingPlan,
  state: ReadonlyMap<string, Float32Array>,
  step: number,
  learningRate: number,
): TrainingSnapshot {
  const tensors = plan.state.map(({ key, shape }): [string, Tensor] => [
    key,
    { dtype: 'float32', shape, data: state.get(key)!.slice() },
  ]);
  return { formatVersion: 2, step, learningRate, state: Object.fromEntries(tensors) };
}

/**
 * The state in a snapshot, copied.
 *
 * @throws {TrainerError} REQUEST_INVALID where a tensor is missing, strange, of another shape or not finite.
 */
export function stateOfSnapshot(plan: TrainingPlan, { state }: TrainingSnapshot): ReadonlyMap<string, Float32Array> {
  const fail = (message: string): never => {
    throw new TrainerError('REQUEST_INVALID', `The snapshot does not fit this network: ${message}.`);
  };
  const known = new Set(plan.state.map(({ key }) => key));
  const stranger = Object.keys(state).find((key) => !known.has(key));
  if (stranger !== undefined) fail(`it has the tensor "${stranger}", which the network has not`);
  return new Map(
    plan.state.map(({ key, shape }) => {
      const tensor = Object.hasOwn(state, key) ? state[key] : undefined;
      if (tensor?.dtype !== 'float32') return fail(`"${key}" is missing or no float32`);
      if (!sameShape(tensor.shape, shape) || tensor.data.length !== sizeOf(shape)) {
        return fail(`expected [${shape}] for "${key}", got [${tensor.shape}] with ${tensor.data.length} values`);
      }
      if (!tensor.data.every(Number.isFinite)) return fail(`"${key}" has values that are not finite`);
      return [key, tensor.data.slice()];
    }),
  );
}
