import { TrainerError } from '../../../core/errors.ts';
import type { ParameterSpec, Signature } from '../../network/layer-definition.ts';
import type { NetworkSpec } from '../../network/network-spec.ts';
import { groupParameters, type ParameterGroup } from '../../network/parameter-group.ts';
import { type ResolvedNetwork, resolveNetwork } from '../../network/resolve-network.ts';
import { type ResolvedLoss, resolveTraining, type Training } from '../../network/training.ts';
import type { ValueType } from '../autodiff/value.ts';
import { type OptimiserGraph, type OptimiserSetting, optimiserGraph } from './optimisers.ts';

/** A parameter under its full name. */
export interface PlannedParameter extends ParameterSpec {
  /** `layer/name`. */
  readonly key: string;
  /** Which of the optimiser's settings it has. */
  readonly setting: number;
}

/** One tensor of the state: a parameter, or the optimiser's memory of one. */
export interface StateTensor {
  /** `layer/name`, or `layer/name#slot`. */
  readonly key: string;
  readonly shape: readonly number[];
}

/** Everything that graphs of one training are made from. */
export interface TrainingPlan {
  readonly network: ResolvedNetwork;
  readonly training: Training;
  readonly loss: ResolvedLoss;
  readonly optimiser: OptimiserGraph;
  readonly parameters: readonly PlannedParameter[];
  /** Parameters, each followed by its slots. */
  readonly state: readonly StateTensor[];
}

/** The tensors of one parameter's state: itself, then its slots. */
export function stateOf({ optimiser }: Pick<TrainingPlan, 'optimiser'>, parameter: PlannedParameter): StateTensor[] {
  const { key, shape, isTrained } = parameter;
  const slots = isTrained ? optimiser.slots : [];
  return [{ key, shape }, ...slots.map((slot) => ({ key: `${key}#${slot}`, shape }))];
}

/**
 * Checks a network and its training, and lays out the state.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function planTraining(spec: NetworkSpec, training: Training): TrainingPlan {
  const network = resolveNetwork(spec);
  const loss = resolveTraining(network, training);
  const specs = network.layers.flatMap(({ name, parameters: own }) =>
    own.map((parameter) => ({ ...parameter, key: `${name}/${parameter.name}` })),
  );
  const groups = groupParameters(
    training.groups ?? [],
    specs.map(({ key }) => key),
  );
  const settings: OptimiserSetting[] = [{ rateFactor: 1, weightDecay: undefined }];
  const settingOf = ({ rateFactor = 1, weightDecay }: Omit<ParameterGroup, 'match'> = {}): number => {
    const known = settings.findIndex((one) => one.rateFactor === rateFactor && one.weightDecay === weightDecay);
    return known >= 0 ? known : settings.push({ rateFactor, weightDecay }) - 1;
  };
  const { optimiser: chosen } = training;
  const hasDecay = chosen.kind === 'adamw' || (chosen.kind === 'sgd' && (chosen.weightDecay ?? 0) > 0);
  const parameters = specs.map((parameter, i): PlannedParameter => {
    const isTrained = parameter.isTrained && groups[i]?.isFrozen !== true;
    const isDecayed = isTrained && hasDecay && (training.decay === 'all' || parameter.isDecayed);
    return { ...parameter, isTrained, isDecayed, setting: settingOf(groups[i]) };
  });
  const optimiser = optimiserGraph(training.optimiser, settings, training.averageDecay ?? 0);
  if (!parameters.some(({ isTrained }) => isTrained)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected a network with parameters to train that are not all frozen, got none.',
    );
  }
  const state = parameters.flatMap((parameter) => stateOf({ optimiser }, parameter));
  return { network, training, loss, optimiser, parameters, state };
}

/** The element type of a graph for one of the border. */
export function valueType(dtype: Signature['dtype']): ValueType {
  return dtype === 'float32' ? 'float' : 'int64';
}
