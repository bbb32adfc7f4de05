import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trainer } from 'traineragent';
import { describe, expect, it } from 'vitest';

describe('how text is read', () => {
  it('is found from the file, or said by the request', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'reading-')), 'data.txt');
    const rows = Array.from(
      { length: 80 },
      (_, i) => `${i % 13}~${i % 2 === 0 ? 'ja' : 'n\u00e4h'}~${(i % 13) * 2 + (i % 5)}`,
    );
    await writeFile(path, Buffer.from(['x~kind~y', ...rows].join('\n'), 'latin1'));
    const outcome = await new Trainer().run({
      prompt: 'Predict y',
      data: path,
      reading: { encoding: 'windows-1252', delimiter: '~' },
      budget: { workUnits: 30 },
    }).result;
    expect(outcome.facts.data?.columns.map(({ name }) => name)).toEqual(['x', 'kind', 'y']);
    expect(outcome.status).toBe('complete');
  });

  it('is checked at the door', async () => {
    const run = new Trainer().run({ prompt: 'Predict y', data: 'x.csv', reading: { encoding: 'utf-7' as 'utf-8' } });
    await expect(run.result).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('reading.encoding'),
    });
  });
});
