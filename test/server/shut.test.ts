import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Deployment, type ListenOptions, listen } from '../../src/server/listen.ts';
import { fakeCore } from './fake-core.ts';

const request =
  'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1';
const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A connection that asks once, and gives the status, and whether the connection ends with it. */
async function client(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  cleanUps.push(() => socket.destroy());
  await once(socket, 'connect');
  return {
    socket,
    async ask(text = request): Promise<string> {
      socket.write(text);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      const answer = bytes.toString();
      return answer.slice(9, 12) + (/\r\nconnection: close\r\n/i.test(answer) ? ' and the end' : '');
    },
  };
}

async function start(options: ListenOptions = { overload: 'shut' }) {
  const { core, state } = fakeCore();
  const heard: boolean[] = [];
  let wake: () => void = () => undefined;
  state.onListening = (isSo) => {
    heard.push(isSo);
    wake();
  };
  const server: Deployment = await listen(core, false, options);
  cleanUps.push(() => server.close());
  return {
    server,
    state,
    async untilListening(isSo: boolean) {
      while (heard.at(-1) !== isSo)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}

const refusedAt = async (port: number): Promise<unknown> => {
  const socket = connect({ port, host: '127.0.0.1' });
  cleanUps.push(() => socket.destroy());
  return once(socket, 'connect').then(
    () => 'connected',
    ({ code }) => code,
  );
};

describe('a service that ends', () => {
  it('does not wait for a connection on which nobody says a word', async () => {
    const { server } = await start({ overload: 'shut', graceMs: 600_000 });
    const silent = await client(server.port);
    await (await client(server.port)).ask();
    const ended = once(silent.socket, 'close');
    await server.close();
    await ended;
  });

  it('cuts a request that does not come to its end, when its time is over', async () => {
    const { server } = await start({ overload: 'shut', graceMs: 1000 });
    const slow = await client(server.port);
    slow.socket.write(request.slice(0, 30));
    const ended = once(slow.socket, 'close');
    await server.close();
    await ended;
  });
});

describe('a service of which too much is asked', () => {
  it('ends who goes on asking, has the system refuse others, answers who is left, and listens again', async () => {
    const { server, state, untilListening } = await start();
    const [busy, quiet, late] = await Promise.all([client(server.port), client(server.port), client(server.port)]);
    state.isFull = true;
    // Whose connection ends before the door is shut would be back at once.
    expect(await busy.ask()).toBe('429');
    await untilListening(false);
    const ended = once(busy.socket, 'end');
    expect(await busy.ask()).toBe('429 and the end');
    await ended;
    expect(await refusedAt(server.port)).toBe('ECONNREFUSED');
    expect(await quiet.ask()).toBe('429');
    state.isFull = false;
    expect([await quiet.ask(), await late.ask()]).toEqual(['200', '200']);
    await untilListening(true);
    expect(await (await client(server.port)).ask()).toBe('200');
    // As often as it is needed.
    state.isFull = true;
    expect(await late.ask()).toBe('429');
    await untilListening(false);
    expect(await late.ask()).toBe('429 and the end');
  });

  it('ends with an answer of HTTP who does not send plain requests', async () => {
    const { server, state, untilListening } = await start();
    const one = await client(server.port);
    const chunked =
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n';
    state.isFull = true;
    expect(await one.ask(chunked)).toBe('429');
    await untilListening(false);
    expect(await one.ask(chunked)).toBe('429 and the end');
  });

  it.each<[string, ListenOptions]>([
    ['where it is told to', { overload: 'answer', healthPort: 0 }],
    ['where supervisors have no port of their own', {}],
  ])('refuses requests alone %s, and goes on listening', async (_, options) => {
    const { server, state } = await start(options);
    const one = await client(server.port);
    state.isFull = true;
    for (let i = 0; i < 5; i++) expect(await one.ask()).toBe('429');
    expect(await refusedAt(server.port)).toBe('connected');
  });

  it('happens by itself where supervisors have a port of their own, which takes nothing else', async () => {
    const { server, state, untilListening } = await start({ healthPort: 0 });
    const one = await client(server.port);
    state.isFull = true;
    await one.ask();
    await untilListening(false);
    expect(await refusedAt(server.port)).toBe('ECONNREFUSED');
    const at = `http://127.0.0.1:${server.healthPort}`;
    const live = await fetch(`${at}/livez?full`);
    expect([live.status, await live.text()]).toEqual([200, 'got /livez?full']);
    const other = await fetch(`${at}/v1/predict`, { method: 'POST', body: '1' });
    expect([other.status, await other.text()]).toEqual([404, expect.stringContaining('NOT_FOUND')]);
    await server.close();
    expect(await refusedAt(server.healthPort!)).toBe('ECONNREFUSED');
  });

  it('ends while it is shut, and does not listen again', async () => {
    const { server, state, untilListening } = await start();
    const one = await client(server.port);
    state.isFull = true;
    await one.ask();
    await untilListening(false);
    await server.close();
    expect(await refusedAt(server.port)).toBe('ECONNREFUSED');
  });

  it('fails to listen where the port for supervisors is taken', async () => {
    const { server } = await start();
    const { core } = fakeCore();
    await expect(listen(core, false, { healthPort: server.port })).rejects.toMatchObject({
      code: 'SERVE_FAILED',
      details: { port: server.port },
    });
  });
});
