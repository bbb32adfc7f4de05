import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AcceptFirst } from '../../src/server/accept-first.ts';

/** An event loop with a queue of connections, of which each turn accepts one; and who is read in each. */
function loop() {
  const sockets = new Set<Socket & { isPaused(): boolean }>();
  let after: (() => void)[] = [];
  const first = new AcceptFirst(sockets, (callback) => after.push(callback));
  let waiting = 0;
  return {
    first,
    sockets,
    connect: (count: number) => {
      waiting += count;
    },
    waiting: () => waiting,
    /** Connections that are read in this turn, before who comes is accepted. */
    turn(): number {
      const read = [...sockets].filter((socket) => !socket.isPaused()).length;
      if (waiting > 0) {
        waiting--;
        let isPaused = false;
        const socket = {
          pause: () => {
            isPaused = true;
          },
          resume: () => {
            isPaused = false;
          },
          isPaused: () => isPaused,
        } as unknown as Socket & { isPaused(): boolean };
        sockets.add(socket);
        first.note(socket);
      }
      const callbacks = after;
      after = [];
      for (const callback of callbacks) callback();
      return read;
    },
    isWatching: () => after.length > 0,
  };
}

describe('connections', () => {
  it('that come now and then keep nobody from being read', () => {
    const { connect, turn, sockets } = loop();
    for (let i = 0; i < 200; i++) {
      if (i % 2 === 0) connect(1);
      const open = sockets.size;
      expect(turn()).toBe(open);
    }
  });

  it('that come together are all accepted before anybody is read, and then everybody is', () => {
    const { connect, turn, waiting, sockets, isWatching } = loop();
    for (let i = 0; i < 20; i++) {
      connect(1);
      turn();
      turn();
    }
    connect(400);
    let read = 0;
    while (waiting() > 0) read += turn();
    // The first few turns tell that there are more.
    expect(read).toBeLessThan(5 * 25);
    for (let i = 0; i < 5; i++) turn();
    expect(turn()).toBe(420);
    expect(sockets.size).toBe(420);
    // Nothing is looked at any more.
    for (let i = 0; i < 20; i++) turn();
    expect(isWatching()).toBe(false);
  });

  it('that never end leave most turns to who is there', () => {
    const { connect, turn } = loop();
    connect(1_000_000);
    let withReading = 0;
    for (let i = 0; i < 20_000; i++) if (turn() > 0) withReading++;
    expect(withReading).toBeGreaterThan(15_000);
  });
});
