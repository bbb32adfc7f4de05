import { TrainerError } from '../../../core/errors.ts';
import type { AdamOptimiser, AdamWOptimiser, Optimiser, SgdOptimiser } from '../../network/optimiser.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';

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
  update(context: UpdateContext): Update;
}

/**
 * Added to every gradient that a memory is made of. Where gradients stay zero (a dead unit, a row of an embedding that
 * no batch has), memories would fade into denormal numbers, which take a hundred times as long and never reach zero.
 * The square of it is a normal float, and it moves a weight by less than 1e-8 of the learning rate a step.
 * Flushing denormals by the runtime's setting would be free, but the first session of a process decides it for the
 * calling thread, and JavaScript's numbers would be flushed as well.
 */
const leastGradient = 1e-18;

const awayFromZero = (graph: Graph, gradient: Value): Value =>
  graph.apply('Add', [gradient, graph.scalar(leastGradient, gradient)]);

function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptimiser): OptimiserGraph {
  return {
    slots: momentum === 0 ? [] : ['momentum'],
    controls: ['rate'],
    controlsAt: (rate) => [rate],
    update({ graph, weight, gradient, slots, controls: [rate], isDecayed }) {
      const times = (value: Value, factor: number) => graph.apply('Mul', [value, graph.scalar(factor, value)]);
      const isPulled = isDecayed && weightDecay !== 0;
      const slope = isPulled ? graph.apply('Add', [gradient, times(weight, weightDecay)]) : gradient;
      const moved = (direction: Value) => graph.apply('Sub', [weight, graph.apply('Mul', [direction, rate!])]);
      if (momentum === 0) return { weight: moved(slope), slots: [] };
      const velocity = graph.apply('Add', [times(slots[0]!, momentum), awayFromZero(graph, slope)]);
      const direction = nesterov ? graph.apply('Add', [slope, times(velocity, momentum)]) : velocity;
      return { weight: moved(direction), slots: [velocity] };
    },
  };
}

/**
 * The moments are kept divided by 1 − β: M = β₁M + g and V = β₂V + g², ten passes over the weights rather than twelve.
 * With c = 1 − βᵗ and s = √(c₂ / (1 − β₂)), PyTorch's step is w −= rate·(1 − β₁)/c₁·s · M / (√V + ε·s).
 */
function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...rest }: AdamOptimiser | AdamWOptimiser): OptimiserGraph {
  const weightDecay = rest.kind === 'adamw' ? (rest.weightDecay ?? 0.01) : 0;
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
    controlsAt(rate, step) {
      const power = advance(step + 1);
      const s = Math.sqrt((1 - power.beta2) / (1 - beta2));
      const controls = [((rate * (1 - beta1)) / (1 - power.beta1)) * s, epsilon * s];
      return weightDecay === 0 ? controls : [...controls, 1 - rate * weightDecay];
    },
    update({ graph, weight, gradient, slots: [m, v], controls: [factor, small, keep], isDecayed }) {
      const decay = (value: Value, beta: number) => graph.apply('Mul', [value, graph.scalar(beta, value)]);
      const slope = awayFromZero(graph, gradient);
      const moment = graph.apply('Add', [decay(m!, beta1), slope]);
      const square = graph.apply('Add', [decay(v!, beta2), graph.apply('Mul', [slope, slope])]);
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

function oneOptimiser(optimiser: Optimiser, { weightDecay }: OptimiserSetting): OptimiserGraph {
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
  const starts = all.map((_, i) => all.slice(0, i).reduce((sum, { controls }) => sum + controls.length, 0));
  const { slots } = all[0]!;
  return {
    slots: averageDecay === 0 ? slots : [...slots, averageSlot],
    controls: all.flatMap(({ controls }, i) => controls.map((name) => (i === 0 ? name : `${name}:${i}`))),
    controlsAt: (rate, step) => all.flatMap((one, i) => one.controlsAt(rate * settings[i]!.rateFactor, step)),
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

/** Gradients scaled so that the norm over all of them is at most `most`, as PyTorch's `clip_grad_norm_`. */
export function clipByNorm(graph: Graph, gradients: readonly Value[], most: number): readonly Value[] {
  if (gradients.length === 0) return [];
  const squares = gradients.map((gradient) => graph.apply('ReduceSumSquare', [gradient], { keepdims: { int: 0 } }));
  const norm = graph.apply('Sqrt', [squares.reduce((sum, square) => graph.apply('Add', [sum, square]))]);
  const limit = graph.apply('Div', [graph.scalar(most, norm), graph.apply('Add', [norm, graph.scalar(1e-6, norm)])]);
  const factor = graph.apply('Min', [limit, graph.scalar(1, norm)]);
  return gradients.map((gradient) => graph.apply('Mul', [gradient, factor]));
}
