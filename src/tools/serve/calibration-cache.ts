import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus, homedir, platform } from 'node:os';
import { join } from 'node:path';
import type { Calibration } from '../../core/calibration.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import { costTable } from './estimate.ts';

/** A calibration is taken again when the table, the processor, the number of threads or Node's version is another. */
function fileOf(cores: number): string {
  const { env } = process;
  const own = platform() === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME;
  const folder = own === undefined || own === '' ? join(homedir(), '.cache') : own;
  const key = [costTable.version, cpus()[0]?.model, cores, process.arch, process.version, process.platform].join('|');
  return join(folder, 'traineragent', `calibration-${sha256(key).slice(0, 16)}.json`);
}

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value);

/** What was measured earlier of a processor of this kind; undefined where nothing was, or the file is none of ours. */
export async function readCalibration(cores: number): Promise<Calibration | undefined> {
  try {
    const { msPerUnit, latencyFactor, processBytes } = JSON.parse(await readFile(fileOf(cores), 'utf8')) as Calibration;
    const isWhole = [msPerUnit, latencyFactor, processBytes].every(isPositive);
    return isWhole ? { msPerUnit, latencyFactor, processBytes } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what was measured; where the folder can't be written, the next run measures again. */
export async function writeCalibration(cores: number, calibration: Calibration): Promise<void> {
  const path = fileOf(cores);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(temporary, JSON.stringify(calibration));
    await rename(temporary, path);
  } catch {
    // A forecast is not worth a failed run.
  }
}
