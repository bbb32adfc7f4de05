import { TrainerError } from '../../core/errors.ts';
import { printed } from '../printed.ts';
import { within } from './within.ts';

/** How some parameters are trained otherwise than the rest. */
export interface ParameterGroup {
  /**
   * Which: names as in snapshots (`layer/name`), `*` for any letters. The first group that matches a parameter has it.
   */
  readonly match: string;
  /** A factor of the learning rate. @default 1 */
  readonly rateFactor?: number;
  /** Decay of all that match, in place of the optimiser's; 0 is none. @default as the optimiser says */
  readonly weightDecay?: number;
  /** Whether they stay as they are. @default false */
  readonly isFrozen?: boolean;
}

/** Whether names match a pattern, in which `*` stands for any letters. */
export function nameMatcher(match: string): (name: string) => boolean {
  const parts = match.split('*');
  return (name) => {
    if (!name.startsWith(parts[0]!)) return false;
    if (parts.length === 1) return name === match;
    let at = parts[0]!.length;
    for (const part of parts.slice(1, -1)) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return name.length - parts.at(-1)!.length >= at && name.endsWith(parts.at(-1)!);
  };
}

/**
 * The group of each parameter; undefined where it has none.
 *
 * @throws {TrainerError} REQUEST_INVALID where a group is not valid or matches nothing.
 */
export function groupParameters(
  groups: readonly ParameterGroup[],
  names: readonly string[],
): readonly (ParameterGroup | undefined)[] {
  const fail = (message: string): never => {
    throw new TrainerError('REQUEST_INVALID', message);
  };
  if (!Array.isArray(groups)) fail(`Expected groups to be a list of parameter groups, got ${printed(groups)}.`);
  for (const group of groups) {
    if (typeof group !== 'object' || group === null)
      fail(`Expected a parameter group to be an object, got ${printed(group)}.`);
    const { match, rateFactor = 1, weightDecay = 0 } = group;
    if (typeof match !== 'string')
      fail(`Expected match of a parameter group to be a text, got ${JSON.stringify(match)}.`);
    if (!within(rateFactor, 0, Number.MAX_VALUE)) {
      fail(`Expected rateFactor of the group "${match}" to be a finite number from 0, got ${printed(rateFactor)}.`);
    }
    if (!within(weightDecay, 0, Number.MAX_VALUE)) {
      fail(`Expected weightDecay of the group "${match}" to be a finite number from 0, got ${printed(weightDecay)}.`);
    }
    if (!names.some(nameMatcher(group.match))) {
      fail(`The parameter group "${match}" matches none of ${names.map((name) => `"${name}"`).join(', ')}.`);
    }
  }
  const matchers = groups.map((group) => [nameMatcher(group.match), group] as const);
  return names.map((name) => matchers.find(([matches]) => matches(name))?.[1]);
}
