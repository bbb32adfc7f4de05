import { type AxisMap, axisMap, backThrough } from '../axis-maps.ts';
import { defineOperator, integersOf, unfit } from '../operator.ts';
import { frontAxis } from '../shapes.ts';
import type { Attributes, Value } from '../value.ts';

type Mode = 'constant' | 'edge' | 'reflect' | 'wrap';

function modeOf({ mode }: Attributes): Mode {
  const name = mode !== undefined && 'string' in mode ? mode.string : 'constant';
  if (!['constant', 'edge', 'reflect', 'wrap'].includes(name)) throw unfit('Pad', `mode ${name} is not supported`);
  return name as Mode;
}

/** Values added before and behind each axis. */
function countsOf([x, pads, , axes]: readonly Value[]): readonly (readonly [number, number])[] {
  const given = integersOf('Pad', pads!);
  const rank = x!.shape.length;
  const which = axes === undefined ? x!.shape.map((_, axis) => axis) : integersOf('Pad', axes);
  if (given.length !== 2 * which.length || given.some((count) => count < 0)) {
    throw unfit('Pad', `expected two numbers from 0 for each of ${which.length} axes, got ${given}`);
  }
  const counts = x!.shape.map((): readonly [number, number] => [0, 0]);
  for (const [i, axis] of which.entries()) {
    counts[frontAxis('Pad', axis, rank)] = [given[i]!, given[i + which.length]!];
  }
  return counts;
}

/** Which value each position of a padded axis repeats. */
function mapOf(mode: Mode, size: number, [before, after]: readonly [number, number]): AxisMap {
  return axisMap(size + before + after, size, (at) => {
    const position = at - before;
    if (mode === 'edge') return [[Math.min(size - 1, Math.max(0, position)), 1]];
    if (mode === 'wrap') return [[((position % size) + size) % size, 1]];
    const period = Math.max(1, 2 * (size - 1));
    const within = ((position % period) + period) % period;
    return [[within < size ? within : period - within, 1]];
  });
}

/**
 * Values around others: a constant (zero), the edge, the mirror image or the other end. The gradient is the slice within;
 * what was repeated adds its own.
 */
export const pad = defineOperator({
  name: 'Pad',
  infer(inputs, attributes) {
    modeOf(attributes);
    const counts = countsOf(inputs);
    const [x] = inputs;
    return [{ type: x!.type, shape: x!.shape.map((size, axis) => size + counts[axis]![0] + counts[axis]![1]) }];
  },
  gradient({ graph, inputs, attributes, gradient }, index) {
    if (index !== 0) return undefined;
    const [x] = inputs;
    const counts = countsOf(inputs);
    const mode = modeOf(attributes);
    if (mode !== 'constant') {
      const maps = counts.map((count, axis) =>
        count[0] + count[1] === 0 ? undefined : mapOf(mode, x!.shape[axis]!, count),
      );
      return backThrough(graph, gradient, maps);
    }
    const starts = counts.map(([before]) => before);
    const ends = starts.map((start, axis) => start + x!.shape[axis]!);
    return graph.apply('Slice', [gradient, graph.ints(starts), graph.ints(ends)]);
  },
});
