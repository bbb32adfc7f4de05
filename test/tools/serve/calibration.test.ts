import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LearnerFacts } from '../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { networkLearner } from '../../../src/tools/learn/network/network-learner.ts';
import { treesLearner } from '../../../src/tools/learn/trees/trees-learner.ts';
import { readCalibration, writeCalibration } from '../../../src/tools/serve/calibration-cache.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibration-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('LOCALAPPDATA', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const calibration = { msPerUnit: 0.5, latencyFactor: 1.5, processBytes: 9e7 };

describe('the pace of a machine', () => {
  it('is kept for each number of threads, and read again', async () => {
    expect(await readCalibration(2)).toBeUndefined();
    await writeCalibration(2, calibration);
    expect(await readCalibration(2)).toEqual(calibration);
    expect(await readCalibration(4)).toBeUndefined();
    expect(await readdir(join(folder, 'traineragent'))).toEqual([
      expect.stringMatching(/^calibration-[0-9a-f]{16}\.json$/),
    ]);
  });

  it.each(['no json', '{}', '{"msPerUnit":-1,"latencyFactor":1,"processBytes":1}', '{"msPerUnit":"1"}', 'null'])(
    'is measured again where the file holds %s',
    async (text) => {
      await writeCalibration(2, calibration);
      const [name] = await readdir(join(folder, 'traineragent'));
      await writeFile(join(folder, 'traineragent', name!), text);
      expect(await readCalibration(2)).toBeUndefined();
    },
  );

  it('is not kept, and nothing fails, where the folder can not be written', async () => {
    await writeFile(join(folder, 'file'), '');
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'file'));
    vi.stubEnv('LOCALAPPDATA', join(folder, 'file'));
    await writeCalibration(2, calibration);
    expect(await readCalibration(2)).toBeUndefined();
  });
});

describe('what a model is expected to be', () => {
  const facts: LearnerFacts = {
    task: 'binary',
    classCount: 2,
    rowCount: 5000,
    numberCount: 10,
    categorySizes: [6, 20],
    missingShare: 0.05,
  };

  it.each([treesLearner, linearLearner, networkLearner])('grows with columns and outputs: $name', (learner) => {
    const of = (other: Partial<LearnerFacts>) => {
      const own = { ...facts, ...other };
      return learner.footprint!(learner.defaults(own), own);
    };
    const base = of({});
    for (const value of Object.values(base)) expect(value).toBeGreaterThan(0);
    const many = of({ task: 'multiclass', classCount: 8 });
    expect(many.fileBytes).toBeGreaterThan(base.fileBytes);
    const wide = of({ numberCount: 40 });
    expect(wide.fitBytes).toBeGreaterThan(base.fitBytes);
  });

  it('has as many rounds as were asked for without early stopping', () => {
    const { iterations } = treesLearner.footprint!(
      { ...treesLearner.defaults(facts), iterations: 33, earlyStopping: 0 },
      facts,
    );
    expect(iterations).toBe(33);
  });
});
