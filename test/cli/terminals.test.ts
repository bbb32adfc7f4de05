import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { event, fakeIo, fakeRun, fakeServices, outcomeOf } from './fakes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-terminal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const story = [
  event('run-start', { request: { prompt: 'p' }, version: '1.2.3', seed: 0, resumed: false } as never),
  event('stage-start', { stage: 'data.collect', agent: 'data', visit: 1 } as never),
  event('stage-progress', { stage: 'data.collect', share: 0.6, note: 'a note that says what is being done just then' }),
  event('decision', {
    stage: 'data.clean',
    question: 'data.columns',
    ordinal: 0,
    answer: { use: ['island', 'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'sex'] },
    by: 'rule',
    why: 'All but the target, columns with a role, and whatever else there may be to leave out of a model.',
  }),
  event('stage-end', {
    stage: 'data.collect',
    agent: 'data',
    to: 'task',
    visit: 1,
    seconds: 1,
    summary: '344 rows × 8 columns read, of which none is set aside, and none is there twice.',
  } as never),
];

async function train(options: Parameters<typeof fakeIo>[1]): Promise<string> {
  const io = fakeIo(folder, options);
  const argv = ['train', 'Predict the species.', '--data', 'penguins.csv', '--out', 'out'];
  const code = await runCli(argv, io, fakeServices({ train: async () => fakeRun(outcomeOf(), story) }));
  expect(code).toBe(0);
  return io.stderr.text;
}

const escapeCode = String.fromCharCode(27);
const colour = new RegExp(`${escapeCode}\\[[0-9;]*m`, 'g');
const control = new RegExp(`${escapeCode}\\[[?0-9;]*[A-Za-z]`, 'g');

describe('the output of train', () => {
  it.each([
    ['a file', { isTty: false }],
    ['a file, where the environment names a terminal', { isTty: false, environment: { TERM: 'xterm-256color' } }],
  ])('has no control sequence in %s', async (_, options) => {
    const text = await train(options);
    expect(text).not.toContain(escapeCode);
    expect(text).toContain('All but the target, columns with a role');
    expect(text).toContain('balanced accuracy  0.985');
  });

  it('has colours on a terminal, and none with NO_COLOR, TERM=dumb or FORCE_COLOR=0', async () => {
    expect(await train({ isTty: true })).toMatch(colour);
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }]) {
      await rm(join(folder, 'out'), { recursive: true, force: true });
      expect(await train({ isTty: true, environment })).not.toMatch(colour);
    }
  });

  it('has colours in a file only where FORCE_COLOR asks for them', async () => {
    expect(await train({ isTty: false, environment: { FORCE_COLOR: '1' } })).toMatch(colour);
  });

  it.each([40, 60, 100])('says the same on a terminal of %d columns, in lines that fit', async (columns) => {
    const text = (await train({ isTty: true, columns, environment: { NO_COLOR: '1' } })).replace(control, '');
    const panel = text.slice(text.indexOf('●'));
    const words = panel.split(/\s+/).join(' ');
    expect(words).toContain('balanced accuracy 0.985 (95 %: 0.952 – 1.000)');
    expect(words).toContain('→ traineragent predict out/model.onnx --data FILE');
    // Commands and paths are for copying, so they are not broken; all else is.
    const lines = text.split('\n').filter((line) => !/traineragent |out\/|→ open/.test(line));
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });
});
