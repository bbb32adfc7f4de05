import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import { bar, sparkline } from '../../src/cli/progress-state.ts';
import { event, TextStream } from './fakes.ts';

const story = [
  event('run-start', { resumed: false, prompt: 'p', seed: 0, workUnits: 100 }),
  event('stage-start', { stage: 'model.trials', agent: 'model', visit: 1 }),
  event('decision', {
    stage: 'model.trials',
    question: 'model.candidates',
    ordinal: 0,
    answer: ['linear', 'trees'],
    by: 'rule',
    why: 'both suit the data',
  }),
  event('trial-start', { trial: 0, learner: 'linear', configuration: {}, rung: 0 }),
  event('trial-end', {
    trial: 0,
    learner: 'linear',
    rung: 0,
    metric: 'rocAuc',
    score: 0.8,
    best: true,
    workUnits: 2,
    seconds: 0.1,
  }),
  event('stage-progress', { stage: 'model.trials', share: 0.5, note: 'fold 2 of 5' }),
  event('trial-end', {
    trial: 1,
    learner: 'trees',
    rung: 0,
    metric: 'rocAuc',
    score: 0.9,
    best: true,
    workUnits: 2,
    seconds: 0.1,
  }),
  event('trial-end', {
    trial: 2,
    learner: 'trees',
    rung: 0,
    metric: 'rocAuc',
    score: 0,
    best: false,
    workUnits: 2,
    seconds: 0.1,
    failed: 'did not converge',
  }),
];
const said = event('message', {
  stage: 'model.trials',
  from: 'model',
  to: 'task',
  summary: '3 trials, best balancedAccuracy 0.900',
  body: {},
});
const end = event('stage-end', { stage: 'model.trials', agent: 'model', visit: 1, seconds: 2.5 });

describe('createProgress without a terminal', () => {
  it('writes plain lines that each stand for themselves', async () => {
    const stream = new TextStream();
    const progress = await createProgress(stream, { isTty: false, colours: false, now: () => 0 });
    for (const item of [...story, said, end]) progress.event(item);
    progress.end();
    expect(stream.text).toBe(`run run-1, seed 0
    model.candidates → linear, trees  rule
      both suit the data
    trial 0 linear: ROC AUC 0.800 (best so far)
    trial 1 trees: ROC AUC 0.900 (best so far)
    trial 2 trees failed: did not converge
✓ Model   trials  2.5 s, 1 trial failed  3 trials, best balanced accuracy 0.900
`);
  });
});

describe('long texts', () => {
  it('are cut between words, answers are words and not JSON', async () => {
    const stream = new TextStream();
    const progress = await createProgress(stream, { isTty: false, colours: false, now: () => 0 });
    progress.event(
      event('decision', {
        stage: 'data.clean',
        question: 'data.columns',
        ordinal: 0,
        answer: { use: ['island', 'sex'] },
        by: 'rule',
        why: 'All but the target, columns with a role or left out by the request, free text, identifiers, constants, copies, and whatever else there may be to leave out.',
      }),
    );
    expect(stream.text).toBe(`    data.columns → island, sex  rule
      All but the target, columns with a role or left out by the request, free text, identifiers, constants, copies, and whatever else…
`);
  });
});

describe('createProgress on a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What a terminal would show at the end: cursor moves and erasures applied. */
  function screen(text: string): string[] {
    const lines: string[] = [''];
    let row = 0;
    for (const token of text.match(/\u001b\[[?\d;]*[A-Za-z]|[^\u001b]/gu) ?? []) {
      if (token === '\n') {
        row++;
        lines[row] ??= '';
      } else if (/\[2K$/.test(token)) lines[row] = '';
      else if (/\[(\d*)A$/.test(token)) row -= Number(/\[(\d*)A$/.exec(token)?.[1] || 1);
      else if (/\[(\d*)B$/.test(token)) row += Number(/\[(\d*)B$/.exec(token)?.[1] || 1);
      else if (/\[J$/.test(token)) lines.length = row + 1;
      else if (!token.startsWith('\u001b')) lines[row] = (lines[row] ?? '') + token;
    }
    return lines.filter((line) => line !== '');
  }

  it('draws the stage with a bar, the time, the trials and the best so far', async () => {
    const stream = new TextStream(true);
    let now = 0;
    const progress = await createProgress(stream, { isTty: true, colours: false, now: () => now, columns: () => 100 });
    for (const item of story) progress.event(item);
    now = 3200;
    vi.advanceTimersByTime(80);
    const shown = screen(stream.text).slice(-2);
    expect(shown[0]).toMatch(/^⠙ Model {3}trials {2}━{12}─{12} {2}50 % {2}3\.2 s {2}fold 2 of 5$/);
    expect(shown[1]).toBe('    3 trials  ▁█  best ROC AUC 0.900 (trees)');
    progress.end();
  });

  it('leaves finished stages and decisions, and no live line, when it ends', async () => {
    const stream = new TextStream(true);
    const progress = await createProgress(stream, { isTty: true, colours: false, now: () => 0, columns: () => 100 });
    for (const item of [...story, said, end]) progress.event(item);
    progress.end();
    expect(screen(stream.text)).toEqual([
      'run run-1, seed 0',
      '    model.candidates → linear, trees  rule',
      '      both suit the data',
      '    trial 2 trees failed: did not converge',
      '✓ Model   trials  2.5 s, 1 trial failed  3 trials, best balanced accuracy 0.900',
    ]);
    expect(vi.getTimerCount()).toBe(0);
    const length = stream.text.length;
    progress.event(end);
    progress.end();
    expect(stream.text.length).toBe(length);
  });

  it('uses colours only where asked', async () => {
    const write = async (colours: boolean): Promise<string> => {
      const stream = new TextStream(true);
      const progress = await createProgress(stream, { isTty: true, colours, now: () => 0 });
      progress.event(end);
      progress.end();
      return stream.text;
    };
    expect(await write(true)).toContain('\u001b[32m✓');
    expect(await write(false)).not.toContain('\u001b[32m');
  });
});

describe('sparkline and bar', () => {
  it('span from the least to the greatest score, the last ones', () => {
    expect(sparkline([9, 0, 0.5, 1], 3)).toBe('▁▅█');
    expect(sparkline([1], 5)).toBe('');
    expect(sparkline([2, 2], 5)).toBe('▄▄');
  });

  it('fill a share of the width', () => {
    expect(bar(0.25, 8)).toEqual(['━━', '──────']);
  });
});
