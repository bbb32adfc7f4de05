import { TrainerError } from '../../../core/errors.ts';
import type { AdamOptimiser, AdamWOptimiser, Optimiser, SgdOptimiser } from '../../network/optimiser.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import { period, renewAdam, renewMoments } from './renewal.ts';

/** What one parameter's update is made from. */
export interface UpdateContext {
  readonly graph: Graph;
  readonly weight: Value;
  readonly gradient: Value;
  /** The optimiser's memory of this parameter, in the order of its slots. */
  readonly slots: readonly Value[];
  /** Scalars of this step, in the order of its controls. */
  readonly controls: readonly Value[];
  readonly isDecayed: boolean;
  /** Which of the training's settings the parameter has. */
  readonly setting: number;
}

/** The state after a step. */
export interface Update {
  readonly weight: Value;
  readonly slots: readonly Value[];
}

/** An optimiser as part of a training graph. */
export interface OptimiserGraph {
  /** Names of the tensors it keeps for each parameter; they start as zeros. */
  readonly slots: readonly string[];
  /** Names of its scalars that change from step to step. */
  readonly controls: readonly string[];
  /** The values of the controls at a step (counted from 0), in double precision. */
  controlsAt(rate: number, step: number): readonly number[];
  /** Whether gradients are multiplied by the first control before they are given to `update`. */
  readonly isScaled: boolean;
  update(context: UpdateContext): Update;
  /** Brings the memories of one parameter back to scale, in place, after every `period` steps; see `renewal.ts`. */
  renew(memories: readonly Float32Array[]): void;
}

interface OneOptimiser extends Omit<OptimiserGraph, 'isScaled'> {
  /** What gradients of a step are multiplied by; they come as they are where it is missing. */
  readonly scaleAt?: (step: number) => number;
}

function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptimiser): OneOptimiser {
  return {
    slots: momentum === 0 ? [] : ['momentum'],
    controls: ['rate'],
    controlsAt: (rate) => [rate],
    renew: ([velocity]) => velocity && renewMoments(velocity),
    update({ graph, weight, gradient, slots, controls: [rate], isDecayed }) {
      const times = (value: Value, factor: number) => graph.apply('Mul', [value, graph.scalar(factor, value)]);
      const isPulled = isDecayed && weightDecay !== 0;
      const slope = isPulled ? graph.apply('Add', [gradient, times(weight, weightDecay)]) : gradient;
      const moved = (direction: Value) => graph.apply('Sub', [weight, graph.apply('Mul', [direction, rate!])]);
      if (momentum === 0) return { weight: moved(slope), slots: [] };
      const velocity = graph.apply('Add', [times(slots[0]!, momentum), slope]);
      const direction = nesterov ? graph.apply('Add', [slope, times(velocity, momentum)]) : velocity;
      return { weight: moved(direction), slots: [velocity] };
    },
  };
}

/** Below this β₂ a scale would grow out of bounds within a period: 0.9 to the −128th is 7e5. */
const leastScaledBeta = 0.9;

/**
 * The moments are kept divided by 1 − β: M = β₁M + g and V = β₂V + g². With c = 1 − βᵗ and s = √(c₂ / (1 − β₂)),
 * PyTorch's step is w −= rate·(1 − β₁)/c₁·s · M / (√V + ε·s).
 *
 * Where gradients are multiplied by a scale a that grows by 1/√β₂ a step, which costs nothing as it is one number of the
 * loss, aM and a²V are kept: V = V + g² needs no pass that fades it, and a cancels in M / √V. Nine passes over the weights.
 */
function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...rest }: AdamOptimiser | AdamWOptimiser): OneOptimiser {
  const weightDecay = rest.kind === 'adamw' ? (rest.weightDecay ?? 0.01) : 0;
  const isScaled = beta2 >= leastScaledBeta;
  const growth = isScaled ? 1 / Math.sqrt(beta2) : 1;
  const scales = [1];
  for (let i = 0; i < period; i++) scales.push(scales[i]! * growth);
  const scaleAt = (step: number): number => scales[(step % period) + 1]!;
  // β₁ᵗ and β₂ᵗ by one multiplication a step, so that a resumed run has the same bits.
  let powers = { step: 0, beta1: 1, beta2: 1 };
  const advance = (to: number): typeof powers => {
    if (to < powers.step) powers = { step: 0, beta1: 1, beta2: 1 };
    let { step, beta1: first, beta2: second } = powers;
    for (; step < to; step++) {
      first *= beta1;
      second *= beta2;
    }
    powers = { step, beta1: first, beta2: second };
    return powers;
  };
  return {
    slots: ['moment', 'square'],
    controls: ['factor', 'epsilon', ...(weightDecay === 0 ? [] : ['keep'])],
    ...(isScaled && { scaleAt }),
    controlsAt(rate, step) {
      const power = advance(step + 1);
      const s = Math.sqrt((1 - power.beta2) / (1 - beta2));
      const controls = [((rate * (1 - beta1)) / (1 - power.beta1)) * s, epsilon * s * scaleAt(step)];
      return weightDecay === 0 ? controls : [...controls, 1 - rate * weightDecay];
    },
    renew: ([moment, square]) => renewAdam(moment!, square!, scales[period]!),
    update({ graph, weight, gradient, slots: [m, v], controls: [factor, small, keep], isDecayed }) {
      const times = (value: Value, by: number) => graph.apply('Mul', [value, graph.scalar(by, value)]);
      const moment = graph.apply('Add', [times(m!, beta1 * growth), gradient]);
      const faded = isScaled ? v! : times(v!, beta2);
      const square = graph.apply('Add', [faded, graph.apply('Mul', [gradient, gradient])]);
      const size = graph.apply('Add', [graph.apply('Sqrt', [square]), small!]);
      const change = graph.apply('Mul', [graph.apply('Div', [moment, size]), factor!]);
      const held = keep !== undefined && isDecayed ? graph.apply('Mul', [weight, keep]) : weight;
      return { weight: graph.apply('Sub', [held, change]), slots: [moment, square] };
    },
  };
}

/** What groups of parameters change of an optimiser. */
export interface OptimiserSetting {
  readonly rateFactor: number;
  /** In place of the optimiser's, on all parameters of the group. */
  readonly weightDecay: number | undefined;
}

function oneOptimiser(optimiser: Optimiser, { weightDecay }: OptimiserSetting): OneOptimiser {
  if (weightDecay !== undefined && optimiser.kind === 'adam' && weightDecay > 0) {
    throw new TrainerError(
      'REQUEST_INVALID',
      'Adam has no weight decay, which a parameter group asks for; take adamw.',
    );
  }
  const own = weightDecay === undefined || optimiser.kind === 'adam' ? optimiser : { ...optimiser, weightDecay };
  return own.kind === 'sgd' ? sgd(own) : adam(own);
}

/**
 * The graph's side of an optimiser with its settings, each with controls of its own.
 *
 * @param averageDecay the share of itself that a moving average of each weight keeps in a step; 0 for no average.
 */
export function optimiserGraph(
  optimiser: Optimiser,
  settings: readonly OptimiserSetting[],
  averageDecay: number,
): OptimiserGraph {
  const all = settings.map((setting) => oneOptimiser(optimiser, setting));
  const { slots, scaleAt, renew } = all[0]!;
  const first = scaleAt === undefined ? 0 : 1;
  const starts = all.map((_, i) => all.slice(0, i).reduce((sum, { controls }) => sum + controls.length, first));
  return {
    slots: averageDecay === 0 ? slots : [...slots, averageSlot],
    controls: [
      ...(scaleAt === undefined ? [] : ['scale']),
      ...all.flatMap(({ controls }, i) => controls.map((name) => (i === 0 ? name : `${name}:${i}`))),
    ],
    isScaled: scaleAt !== undefined,
    controlsAt: (rate, step) => [
      ...(scaleAt === undefined ? [] : [scaleAt(step)]),
      ...all.flatMap((one, i) => one.controlsAt(rate * settings[i]!.rateFactor, step)),
    ],
    renew: (memories) => renew(memories.slice(0, slots.length)),
    update(context) {
      const own = all[context.setting]!;
      const start = starts[context.setting]!;
      const isDecayed = settings[context.setting]!.weightDecay === undefined ? context.isDecayed : true;
      const controls = context.controls.slice(start, start + own.controls.length);
      const made = own.update({ ...context, isDecayed, controls, slots: context.slots.slice(0, slots.length) });
      if (averageDecay === 0) return made;
      const { graph } = context;
      const times = (value: Value, factor: number) => graph.apply('Mul', [value, graph.scalar(factor, value)]);
      const old = times(context.slots.at(-1)!, averageDecay);
      const average = graph.apply('Add', [old, times(made.weight, 1 - averageDecay)]);
      return { weight: made.weight, slots: [...made.slots, average] };
    },
  };
}

/** The slot of a weight's moving average, which starts as the weight. */
export const averageSlot = 'average';

/**
 * Gradients scaled so that the norm over all of them is at most `most`, as PyTorch's `clip_grad_norm_`.
 *
 * @param scale what they are multiplied by already.
 */
export function clipByNorm(
  graph: Graph,
  gradients: readonly Value[],
  most: number,
  scale: Value | undefined,
): readonly Value[] {
  if (gradients.length === 0) return [];
  const squares = gradients.map((gradient) => graph.apply('ReduceSumSquare', [gradient], { keepdims: { int: 0 } }));
  const norm = graph.apply('Sqrt', [squares.reduce((sum, square) => graph.apply('Add', [sum, square]))]);
  const scaled = (value: number) =>
    scale === undefined ? graph.scalar(value, norm) : graph.apply('Mul', [scale, graph.scalar(value, norm)]);
  const limit = graph.apply('Div', [scaled(most), graph.apply('Add', [norm, scaled(1e-6)])]);
  const factor = graph.apply('Min', [limit, graph.scalar(1, norm)]);
  return gradients.map((gradient) => graph.apply('Mul', [gradient, factor]));
}
