import { describe, expect, it } from 'vitest';
import { EventLog } from '../../src/core/event-log.ts';
import type { RunEvent } from '../../src/core/events.ts';

const progress = (seq: number) =>
  ({ type: 'stage-progress', runId: 'r', seq, time: 0, stage: 's' }) as RunEvent<'stage-progress'>;
const checkpoint = (seq: number) =>
  ({ type: 'checkpoint', runId: 'r', seq, time: 0, record: seq }) as RunEvent<'checkpoint'>;

async function all(log: EventLog): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of log.read()) events.push(event);
  return events;
}

describe('the events of a run', () => {
  it('are read from the start by every reader, early or late', async () => {
    const log = new EventLog();
    const early = all(log);
    log.push(checkpoint(1));
    await Promise.resolve();
    log.push(progress(2));
    const middle = all(log);
    log.push(checkpoint(3));
    log.end();
    const late = all(log);
    const expected = [checkpoint(1), progress(2), checkpoint(3)];
    expect(await Promise.all([early, middle, late])).toEqual([expected, expected, expected]);
  });

  it('lose nothing but progress for a slow reader, who is told how many', async () => {
    const log = new EventLog();
    let seq = 0;
    let sentProgress = 0;
    for (let i = 0; i < 5000; i++) {
      seq++;
      if (i % 10 === 0) log.push(checkpoint(seq));
      else {
        log.push(progress(seq));
        sentProgress++;
      }
    }
    log.push(checkpoint(++seq));
    log.end();
    const events = await all(log);
    expect(events.filter(({ type }) => type === 'checkpoint')).toHaveLength(501);
    const kept = events.filter((event) => event.type === 'stage-progress');
    expect(kept.length).toBeLessThanOrEqual(512);
    const lost = kept.reduce((sum, event) => sum + (event.lost ?? 0), 0);
    expect(lost).toBeGreaterThan(0);
    expect(kept.length + lost).toBe(sentProgress);
  });

  it('lose nothing for a reader that keeps up, however many there are', async () => {
    const log = new EventLog();
    const reading = (async () => {
      let count = 0;
      for await (const event of log.read()) if (event.type === 'stage-progress' && event.lost === undefined) count++;
      return count;
    })();
    for (let seq = 1; seq <= 3000; seq++) {
      log.push(progress(seq));
      if (seq % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    log.end();
    expect(await reading).toBe(3000);
  });

  it('end with the error of the run, after the last event, for every reader', async () => {
    const log = new EventLog();
    const failure = new Error('failed');
    const seen: number[] = [];
    const reader = (async () => {
      for await (const event of log.read()) seen.push(event.seq);
    })();
    log.push(checkpoint(1));
    log.end(failure);
    log.end(new Error('a second end says nothing'));
    log.push(checkpoint(2));
    await expect(reader).rejects.toBe(failure);
    await expect(all(log)).rejects.toBe(failure);
    expect(seen).toEqual([1]);
  });

  it('let a reader leave early without harm to the others', async () => {
    const log = new EventLog();
    const other = all(log);
    log.push(checkpoint(1));
    for await (const event of log.read()) if (event.seq === 1) break;
    log.push(checkpoint(2));
    log.end();
    expect(await other).toHaveLength(2);
  });
});
