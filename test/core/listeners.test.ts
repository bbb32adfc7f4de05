import { describe, expect, it } from 'vitest';
import type { EventBodies, RunEvent } from '../../src/core/events.ts';
import { Listeners } from '../../src/core/listeners.ts';

const event = { type: 'checkpoint', runId: 'r', seq: 1, time: 0, record: 1 } as RunEvent<'checkpoint'>;

function hearing() {
  const listeners = new Listeners();
  const reported: EventBodies['listener-error'][] = [];
  const emit = (sent: RunEvent = event) =>
    listeners.emit(sent, (_, body) => {
      reported.push(body);
      emit({ type: 'listener-error', runId: 'r', seq: 2, time: 0, ...body });
    });
  return { listeners, reported, emit };
}

describe('a listener', () => {
  it('hears its type of event until it is removed', () => {
    const { listeners, emit } = hearing();
    let heard = 0;
    const remove = listeners.on('checkpoint', () => heard++);
    listeners.on('run-end', () => expect.unreachable());
    emit();
    remove();
    emit();
    expect(heard).toBe(1);
  });

  const throwing: readonly (readonly [string, () => unknown, string])[] = [
    ['throws', () => fail(new Error('boom')), 'boom'],
    ['throws a text', () => fail('boom'), 'boom'],
    ['throws nothing', () => fail(undefined), 'undefined'],
    ['throws what has no text', () => fail(Object.create(null)), 'something that has no text'],
    ['rejects', () => Promise.reject(new Error('boom')), 'boom'],
    [
      'returns a thenable that rejects',
      // biome-ignore lint/suspicious/noThenProperty: a thenable of another library
      () => ({ then: (_: unknown, no: (e: Error) => void) => no(new Error('boom')) }),
      'boom',
    ],
    [
      'returns something whose then throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: hostile on purpose
        get then() {
          return fail(new Error('boom'));
        },
      }),
      'boom',
    ],
  ];
  it.each(throwing)('that %s is told of, and the others still hear', async (_, listener, error) => {
    const { listeners, reported, emit } = hearing();
    let heard = 0;
    listeners.on('checkpoint', listener);
    listeners.on('checkpoint', () => heard++);
    emit();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toBe(1);
    expect(reported).toEqual([{ event: 'checkpoint', error }]);
  });

  it('of listener errors that fails itself is not told of itself for ever', () => {
    const { listeners, reported, emit } = hearing();
    listeners.on('checkpoint', () => fail(new Error('one')));
    listeners.on('listener-error', () => fail(new Error('two')));
    emit();
    expect(reported).toEqual([{ event: 'checkpoint', error: 'one' }]);
  });

  it('that never ends keeps nobody waiting', () => {
    const { listeners, emit } = hearing();
    listeners.on('checkpoint', () => new Promise(() => undefined));
    emit();
  });
});

function fail(error: unknown): never {
  throw error;
}
