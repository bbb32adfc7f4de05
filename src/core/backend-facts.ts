import { TrainerError } from './errors.ts';
import type { CapabilityFacts } from './helpers/backend-need.ts';
import { canonicalJson } from './helpers/canonical-json.ts';

export type { CapabilityFacts };

/** What is known of a backend of the host's without asking it; kept with the run. */
export interface BackendFacts {
  /** Absent for a module: the process that loads it knows. */
  readonly name?: string;
  /** `host`: an object that works in the host's process alone. */
  readonly where: 'child' | 'host';
  readonly capabilities?: CapabilityFacts;
}

/**
 * Holds the backends of a trainer that goes on with a run against those that the run began with.
 *
 * @throws {TrainerError} RESUME_MISMATCH
 */
export function checkSameBackends(recorded: readonly BackendFacts[], given: readonly BackendFacts[]): void {
  if (canonicalJson(recorded) === canonicalJson(given)) return;
  throw new TrainerError(
    'RESUME_MISMATCH',
    `Expected the backends that the run began with (${namesOf(recorded)}), got ${namesOf(given)}. Pass the same \`backends\`, or start a new run.`,
  );
}

function namesOf(backends: readonly BackendFacts[]): string {
  const names = backends.map(
    ({ name = 'a module', capabilities }) => `${name}${capabilities && ` on ${capabilities.devices.join(', ')}`}`,
  );
  return names.join(', ') || 'none';
}
