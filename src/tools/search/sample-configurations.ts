import type { Random } from '../../core/helpers/random.ts';
import type { Axis, Configuration, SearchSpace } from '../learn/learner.ts';

/** One configuration, each axis drawn on its own. Axes are taken by name, so that the order of keys changes nothing. */
export function sampleConfiguration(space: SearchSpace, random: Random): Configuration {
  return place(space, () => random.next());
}

/**
 * Up to `count` different configurations by Latin hypercube sampling: each axis is cut into `count` parts of equal
 * probability, and each part is used once. Fewer where the space has fewer different configurations.
 *
 * McKay, Beckman and Conover, "A Comparison of Three Methods for Selecting Values of Input Variables", 1979.
 *
 * @param known - configurations that must not come again.
 */
export function sampleConfigurations(
  space: SearchSpace,
  count: number,
  random: Random,
  known: readonly Configuration[] = [],
): Configuration[] {
  const seen = new Set(known.map(keyOf));
  const found: Configuration[] = [];
  // Discrete spaces repeat themselves; a few rounds find what is left of them, and then there is no more.
  for (let round = 0; round < 8 && found.length < count; round++) {
    const wanted = count - found.length;
    const parts = new Map(
      Object.keys(space)
        .sort()
        .map((name) => [name, random.shuffle(Array.from({ length: wanted }, (_, part) => part))]),
    );
    for (let index = 0; index < wanted; index++) {
      const configuration = place(space, (name) => (parts.get(name)![index]! + random.next()) / wanted);
      const key = keyOf(configuration);
      if (seen.has(key)) continue;
      seen.add(key);
      found.push(configuration);
    }
  }
  return found;
}

function place(space: SearchSpace, uniform: (name: string) => number): Configuration {
  const configuration: Record<string, number | string | boolean> = {};
  for (const name of Object.keys(space).sort()) configuration[name] = valueAt(space[name]!, uniform(name));
  return configuration;
}

/** The value of an axis at a share of its probability in [0, 1). */
function valueAt(axis: Axis, share: number): number | string | boolean {
  if (axis.kind === 'choice')
    return axis.options[Math.min(axis.options.length - 1, Math.floor(share * axis.options.length))]!;
  if (axis.kind === 'integer') {
    // Half a step beyond each end, so that the ends are as likely as the values between them.
    const value = scaled(axis.low - 0.5, axis.high + 0.5, axis.low > 0.5 ? axis.scale : 'linear', share);
    return Math.max(axis.low, Math.min(axis.high, Math.round(value)));
  }
  // Four digits: what is searched is never finer, and the last bit of exp and log can't reach a model.
  const value = Number(scaled(axis.low, axis.high, axis.scale, share).toPrecision(4));
  return Math.max(axis.low, Math.min(axis.high, value));
}

function scaled(low: number, high: number, scale: 'linear' | 'log', share: number): number {
  if (scale === 'linear') return low + share * (high - low);
  return Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low)));
}

/** Equal configurations have equal keys. */
function keyOf(configuration: Configuration): string {
  return JSON.stringify(
    Object.keys(configuration)
      .sort()
      .map((name) => [name, configuration[name]]),
  );
}
