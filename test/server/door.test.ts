import { describe, expect, it } from 'vitest';
import { Door, type DoorClock } from '../../src/server/door.ts';

/** A door whose time and idleness the test sets, and that notes what becomes of its listener. */
function makeDoor() {
  const state = { now: 0, busy: 1, looks: [] as (() => void)[], canOpen: true, said: [] as string[] };
  const clock: DoorClock = {
    now: () => state.now,
    busyShare: () => state.busy,
    every: (_, callback) => {
      state.looks.push(callback);
      return () => state.looks.splice(state.looks.indexOf(callback), 1);
    },
  };
  const listener = {
    shut: async () => {
      state.said.push('shut');
    },
    open: async () => {
      if (!state.canOpen) throw new Error('in use');
      state.said.push('open');
    },
  };
  const door = new Door(listener, (isOpen) => state.said.push(isOpen ? 'told open' : 'told shut'), {}, clock);
  return {
    door,
    state,
    /** So many looks, a tenth of a second after each other. */
    async looks(count: number) {
      for (let i = 0; i < count; i++) {
        state.now += 100;
        for (const look of [...state.looks]) look();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    shut: async () => {
      door.refuse({});
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a door', () => {
  it('shuts with the first refusal, and ends no connection before that is done', async () => {
    const { door, state } = makeDoor();
    const one = {};
    expect([door.refuse(one), door.refuse(one)]).toEqual([false, false]);
    expect(state.said).toEqual(['shut']);
    await Promise.resolve();
    expect(state.said).toEqual(['shut', 'told shut']);
    expect(door.refuse(one)).toBe(true);
  });

  it('ends who asks again within a second, and not who asks now and then', async () => {
    const { door, state, shut } = makeDoor();
    await shut();
    const [often, seldom] = [{}, {}];
    expect([door.refuse(often), door.refuse(seldom)]).toEqual([false, false]);
    state.now += 999;
    expect(door.refuse(often)).toBe(true);
    state.now += 1;
    expect(door.refuse(seldom)).toBe(false);
  });

  it('stays shut while there is no time to spare, and opens when there is', async () => {
    const { state, shut, looks } = makeDoor();
    await shut();
    state.busy = 0.95;
    await looks(50);
    expect(state.said).toEqual(['shut', 'told shut']);
    for (const busy of [0.5, 0.5, 0.95, 0.5, 0.5]) {
      state.busy = busy;
      await looks(1);
    }
    expect(state.said).toEqual(['shut', 'told shut']);
    state.busy = 0.85;
    await looks(1);
    expect(state.said).toEqual(['shut', 'told shut', 'open', 'told open']);
    // Nobody looks at a door that is open.
    expect(state.looks).toEqual([]);
  });

  it('stays shut for longer each time that it was opened too early, but never for more than two seconds', async () => {
    const { state, shut, looks } = makeDoor();
    state.busy = 0.5;
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      await shut();
      const since = state.now;
      while (!state.said.at(-1)?.endsWith('open')) await looks(1);
      waits.push(state.now - since);
    }
    expect(waits).toEqual([300, 500, 1000, 2000, 2000, 2000]);
    state.now += 1000;
    await shut();
    await looks(3);
    expect(state.said.at(-1)).toBe('told open');
  });

  it('tries again where its address is taken', async () => {
    const { state, shut, looks } = makeDoor();
    await shut();
    Object.assign(state, { busy: 0, canOpen: false });
    await looks(10);
    expect(state.said.at(-1)).toBe('told shut');
    state.canOpen = true;
    await looks(1);
    expect(state.said.at(-1)).toBe('told open');
  });

  it('neither opens nor shuts any more once its service ends', async () => {
    const ended = makeDoor();
    await ended.shut();
    ended.door.end();
    ended.state.busy = 0;
    await ended.looks(20);
    expect(ended.state.said).toEqual(['shut', 'told shut']);
    const open = makeDoor();
    open.door.end();
    await open.shut();
    expect(open.state.said).toEqual([]);
  });
});
