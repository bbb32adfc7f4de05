import type { Calibration } from '../../core/calibration.ts';
import { readCalibration, writeCalibration } from '../serve/calibration-cache.ts';
import { costTable, estimate, tableMachine } from '../serve/estimate.ts';
import { measureModel } from '../serve/measure-model.ts';
import { type ActionContext, defineAction } from './action.ts';
import { referenceFit } from './reference-model.ts';

/** How fast this machine works, and where that is known from. */
export interface Pace extends Calibration {
  readonly from: 'host' | 'table' | 'cache' | 'measured';
}

/**
 * How fast this machine works, for forecasts alone: as the host says, as it was measured once for this kind of processor, or as a small
 * fit on made-up rows and predictions with its model tell.
 */
export const pace = defineAction<Record<string, never>, Pace>({
  name: 'pace',
  async run(_input, context) {
    const { calibration } = context;
    if (calibration === false) return { ...tableMachine, from: 'table' };
    if (calibration !== undefined) return { ...calibration, from: 'host' };
    const known = await readCalibration(context.cores);
    if (known !== undefined) return { ...known, from: 'cache' };
    const measured = await calibrate(context);
    await writeCalibration(context.cores, measured);
    return { ...measured, from: 'measured' };
  },
});

const fits = 8;

async function calibrate(context: ActionContext): Promise<Calibration> {
  const reference = referenceFit(await context.learner('trees'), 1);
  // Processor time of one thread, the least of a few: the first fits warm the code up, and the clock also runs while others work.
  let fit = await reference.fit();
  let quickest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < fits; i++) {
    const before = process.cpuUsage();
    fit = await reference.fit();
    const { user, system } = process.cpuUsage(before);
    quickest = Math.min(quickest, (user + system) / 1000);
  }
  const msPerUnit = quickest / reference.units;
  const { bytes, cost } = reference.fileOf(fit);
  const { latencyMs, memoryBytes } = await measureModel(bytes, await context.backend(), 1000);
  const processBytes = Math.max(20_000_000, memoryBytes - cost.fileBytes * costTable.memoryPerFileByte);
  return { msPerUnit, latencyFactor: latencyMs.p50 / estimate(cost).latencyMs, processBytes };
}
