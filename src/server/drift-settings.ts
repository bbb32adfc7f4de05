import { TrainerError } from '../core/errors.ts';
import type { DriftSettings } from '../tools/serve/drift/drift-monitor.ts';
import { defaultDriftLimits } from '../tools/serve/drift/measure-drift.ts';

/** How a service looks for drift. */
export interface DriftWatchSettings extends DriftSettings {
  /** Outcomes of a window that is held against the score before, 50 at least. @default 200 */
  readonly outcomeRows: number;
}

/** What was given, and the defaults. @throws {TrainerError} REQUEST_INVALID */
export function settingsOfDrift(given: Partial<DriftWatchSettings> = {}): DriftWatchSettings {
  const settings = { windowRows: 500, outcomeRows: 200, ...defaultDriftLimits, ...given };
  for (const [key, least] of [
    ['windowRows', 500],
    ['outcomeRows', 50],
  ] as const)
    if (!(Number.isInteger(settings[key]) && settings[key] >= least))
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected drift.${key} to be a whole number of at least ${least}, got ${settings[key]}. Fewer tell drift from chance no more.`,
      );
  for (const key of ['psi', 'rate', 'falseAlarms'] as const)
    if (!(settings[key] > 0 && (key !== 'falseAlarms' || settings[key] < 1)))
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected drift.${key} to be above 0${key === 'falseAlarms' ? ' and below 1' : ''}, got ${settings[key]}.`,
      );
  return settings;
}
