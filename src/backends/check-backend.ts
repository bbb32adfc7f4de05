import { TrainerError } from '../core/errors.ts';
import type { Backend } from './backend.ts';

/**
 * Checks that a value keeps the shape of a backend.
 *
 * @throws {TrainerError} PLUGIN_INVALID
 */
export function checkBackend(value: unknown, where: string): Backend {
  const refuse = (what: string): never => {
    throw new TrainerError(
      'PLUGIN_INVALID',
      `Expected ${where} to be a backend (name, capabilities, load, compile), but ${what}.`,
    );
  };
  if (value instanceof Promise) return refuse('it is a promise of one: await it');
  if (typeof value !== 'object' || value === null) return refuse('it is no object');
  const { name, capabilities, load, compile } = value as Partial<Backend>;
  if (typeof name !== 'string' || name === '') return refuse('it has no name');
  if (typeof load !== 'function' || typeof compile !== 'function') return refuse(`"${name}" lacks load or compile`);
  if (typeof capabilities !== 'object' || capabilities === null) return refuse(`"${name}" lacks capabilities`);
  const { train, predict, deterministic, dtypes, devices } = capabilities;
  if ([train, predict, deterministic].some((flag) => typeof flag !== 'boolean'))
    return refuse(`train, predict or deterministic of "${name}" is neither true nor false`);
  if (!Array.isArray(dtypes) || !Array.isArray(devices)) return refuse(`dtypes or devices of "${name}" is no list`);
  return value as Backend;
}
