import { TrainerError } from '../../core/errors.ts';
import { within } from './within.ts';

/** How the learning rate changes from step to step, as a factor of it. */
export type Schedule =
  | { readonly kind: 'constant'; readonly warmUpSteps?: number }
  /** Half a cosine from 1 down to `final` (default 0) at `steps` (Loshchilov and Hutter, 2017). */
  | { readonly kind: 'cosine'; readonly steps: number; readonly final?: number; readonly warmUpSteps?: number }
  /** Times `factor` after every `every` steps. */
  | { readonly kind: 'step'; readonly every: number; readonly factor: number; readonly warmUpSteps?: number }
  /**
   * One cycle (Smith and Topin, 2018), as PyTorch's `OneCycleLR`: half a cosine from `start` (default 1/25) up to 1 at
   * the share `peakAt` (default 0.3) of all steps, and half a cosine down to `final` (default 4e-6) at the last.
   */
  | {
      readonly kind: 'one-cycle';
      readonly steps: number;
      readonly peakAt?: number;
      readonly start?: number;
      readonly final?: number;
      readonly warmUpSteps?: undefined;
    };

/**
 * cos(π·t) for t from 0 to 1 by the Taylor series of the sine (error below 1e-11): versions of Node differ in the last
 * bit of `Math.cos`, and a learning rate is on the path into a model.
 */
function cosineOfPi(t: number): number {
  const x = Math.PI * (0.5 - t);
  let term = x;
  let sum = x;
  for (let k = 2; k <= 20; k += 2) {
    term = (-term * x * x) / (k * (k + 1));
    sum += term;
  }
  return sum;
}

/** The factor of the learning rate at a step (counted from 0); the warm-up rises in a line and reaches 1 at its end. */
export function scheduleFactor(schedule: Schedule, step: number): number {
  const warmUpSteps = schedule.warmUpSteps ?? 0;
  if (step < warmUpSteps) return (step + 1) / warmUpSteps;
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'cosine': {
      const { final = 0 } = schedule;
      const length = schedule.steps - warmUpSteps;
      const share = length <= 0 ? 1 : Math.min(1, (step - warmUpSteps) / length);
      return final + (1 - final) * 0.5 * (1 + cosineOfPi(share));
    }
    case 'one-cycle': {
      const { steps, peakAt = 0.3, start = 0.04, final = 4e-6 } = schedule;
      const peak = peakAt * steps - 1;
      const blend = (from: number, to: number, share: number) => to + (from - to) * 0.5 * (1 + cosineOfPi(share));
      if (step <= peak) return blend(start, 1, peak <= 0 ? 1 : step / peak);
      return blend(1, final, Math.min(1, (step - peak) / Math.max(1e-9, steps - 1 - peak)));
    }
    case 'step': {
      let factor = 1;
      for (let passed = Math.floor((step - warmUpSteps) / schedule.every); passed > 0; passed--)
        factor *= schedule.factor;
      return factor;
    }
  }
}

/** @throws {TrainerError} REQUEST_INVALID where a schedule is not valid. */
export function checkSchedule(schedule: Schedule): void {
  const whole = (value: unknown, from: number): boolean => Number.isSafeInteger(value) && (value as number) >= from;
  const problem = (() => {
    if (typeof schedule !== 'object' || schedule === null) return 'a kind';
    if (schedule.warmUpSteps !== undefined && !whole(schedule.warmUpSteps, 0)) return 'warmUpSteps, a whole number';
    if (schedule.kind === 'constant') return undefined;
    if (schedule.kind === 'cosine') {
      const { final = 0 } = schedule;
      return whole(schedule.steps, 1) && within(final, 0, 1) ? undefined : 'steps above 0 and final from 0 to 1';
    }
    if (schedule.kind === 'step') {
      return whole(schedule.every, 1) && within(schedule.factor, Number.MIN_VALUE, 1)
        ? undefined
        : 'every above 0 and factor from 0 to 1';
    }
    if (schedule.kind === 'one-cycle') {
      const { steps, peakAt = 0.3, start = 0.04, final = 4e-6 } = schedule;
      const isShare = (value: unknown) => within(value, 0, 1);
      return whole(steps, 1) && isShare(peakAt) && isShare(start) && isShare(final)
        ? undefined
        : 'steps above 0 and peakAt, start and final from 0 to 1';
    }
    return 'the kind constant, cosine, step or one-cycle';
  })();
  if (problem !== undefined) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the schedule to have ${problem}, got ${JSON.stringify(schedule)}.`,
    );
  }
}
