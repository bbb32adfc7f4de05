import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import { findUncloneable, type Uncloneable } from '../core/helpers/find-uncloneable.ts';
import type { ModuleOrigin } from '../core/workbench.ts';
import type { Backend } from './backend.ts';

/**
 * Where another process finds what makes the same backend; undefined for an object that works where it was made.
 *
 * @throws {TrainerError} PLUGIN_INVALID naming the place of an option that can not be sent to that process
 */
export function originOf(source: URL | Backend): ModuleOrigin | undefined {
  if (source instanceof URL) return { module: source.href };
  const { origin } = source;
  if (origin === undefined) return undefined;
  let found: Uncloneable | undefined;
  let cause: unknown;
  try {
    found = findUncloneable(origin.options, 'origin.options');
  } catch (error) {
    found = { path: 'origin.options', got: `what can not be read: ${errorText(error)}` };
    cause = error;
  }
  if (found === undefined && typeof origin.module === 'string') return origin;
  const { path, got } = found ?? { path: 'origin.module', got: 'none' };
  throw new TrainerError(
    'PLUGIN_INVALID',
    `Expected ${path} of the backend ${JSON.stringify(source.name)} to be ${found === undefined ? 'a URL or the name of a package' : 'data that can be sent to the process that trains'}, got ${got}. ` +
      'Let the module make it from data, or leave `origin` out: then the backend works in the process where it was made.',
    { cause, details: { path } },
  );
}
