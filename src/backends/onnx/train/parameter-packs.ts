import type { Graph } from '../autodiff/graph.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { type PlannedParameter, type StateTensor, stateOf, type TrainingPlan } from './plan.ts';

/**
 * Elements up to which a parameter is packed with others. In a small network the passes over a matrix are too short to be
 * shared by threads, and to copy it is less than what they cost alone.
 */
const packedSize = (plan: Pick<TrainingPlan, 'parameters'>): number => {
  const total = plan.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return total <= 300_000 ? 33_000 : 4096;
};

/** One tensor of a pack: its weights, or one of the optimiser's slots. */
export interface PackedTensor {
  readonly key: string;
  readonly shape: readonly number[];
  /** What it is made of, one behind the other. */
  readonly members: readonly StateTensor[];
}

/** Parameters that are updated together. */
export interface ParameterPack {
  readonly members: readonly PlannedParameter[];
  /** The weights, then the slots of the optimiser. */
  readonly tensors: readonly PackedTensor[];
  readonly isTrained: boolean;
  readonly isDecayed: boolean;
  readonly setting: number;
}

/**
 * Lays small parameters that are updated alike one behind the other, so that an optimiser's nine passes are nine nodes for all of them: what
 * a node costs is most of the time of a short one. Large parameters stay alone, as putting them together would be two passes more.
 */
export function packParameters(plan: Pick<TrainingPlan, 'parameters' | 'optimiser'>): readonly ParameterPack[] {
  const groups = new Map<string, PlannedParameter[]>();
  const most = packedSize(plan);
  for (const parameter of plan.parameters) {
    const { key, shape, isTrained, isDecayed, setting } = parameter;
    const name = isTrained && sizeOf(shape) <= most ? `packed:${setting}${isDecayed ? ':decayed' : ''}` : key;
    groups.set(name, [...(groups.get(name) ?? []), parameter]);
  }
  return [...groups].map(([name, members]) => {
    const [{ isTrained, isDecayed, setting }] = members as [PlannedParameter];
    const states = members.map((member) => stateOf(plan, member));
    const tensors = states[0]!.map((first, slot): PackedTensor => {
      const own = states.map((state) => state[slot]!);
      if (own.length === 1) return { ...first, members: own };
      const size = own.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      return { key: slot === 0 ? name : `${name}#${slot}`, shape: [size], members: own };
    });
    return { members, tensors, isTrained, isDecayed, setting };
  });
}

/** The parameters of a pack by name, from the tensor of its weights. */
export function unpack(
  graph: Graph,
  { members }: ParameterPack,
  weights: Value,
): readonly (readonly [string, Value])[] {
  if (members.length === 1) return [[members[0]!.key, weights]];
  const sizes = graph.ints(members.map(({ shape }) => sizeOf(shape)));
  const parts = graph.applyAll('Split', [weights, sizes], { axis: { int: 0 } });
  return members.map(({ key, shape }, i) => {
    const part = parts[i]!;
    return [key, shape.length === 1 ? part : graph.apply('Reshape', [part, graph.ints(shape)])] as const;
  });
}
