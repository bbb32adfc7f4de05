import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../src/server/listen.ts';
import { isPlainRequest } from '../../src/server/refuse-early.ts';
import { fakeCore } from './fake-core.ts';

const lines = (...headers: readonly string[]): string =>
  `${['POST /v1/predict HTTP/1.1', 'host: localhost', ...headers].join('\r\n')}\r\n\r\n`;
const plain = `${lines('content-type: application/json', 'content-length: 7')}{"x":1}`;

describe('a plain request', () => {
  it.each([
    ['as most clients send it', plain],
    ['with a connection that is kept', `${lines('connection: keep-alive', 'content-length: 2')}{}`],
    ['with another case of its names', `${lines('Content-Length: 2')}{}`],
    ['with a key', `${lines('authorization: Bearer ta_x', 'content-length: 2', 'accept: */*')}{}`],
    ['without a body', lines('content-length: 0')],
  ])('is one %s', (_, text) => {
    expect(isPlainRequest(Buffer.from(text))).toBe(true);
    // Known from before.
    expect(isPlainRequest(Buffer.from(text))).toBe(true);
  });

  it.each([
    ['that has not come to its end', plain.slice(0, -1)],
    ['with more behind it', `${plain}P`],
    ['with another behind it', plain + plain],
    ['without a length', `${lines('accept: */*')}{}`],
    ['with two lengths', `${lines('content-length: 2', 'content-length: 2')}{}`],
    ['with lengths that differ', `${lines('content-length: 2', 'accept: */*', 'content-length: 40')}{}`],
    ['with a list of lengths', `${lines('content-length: 2, 2')}{}`],
    ['with a sign before its length', `${lines('content-length: +2')}{}`],
    ['with a length in another base', `${lines('content-length: 0x2')}{}`],
    ['with chunks', lines('transfer-encoding: chunked', 'content-length: 2')],
    ['with chunks, spelt otherwise', lines('Transfer-Encoding: chunked')],
    ['with an expectation', `${lines('expect: 100-continue', 'content-length: 2')}{}`],
    ['with an upgrade', `${lines('connection: upgrade', 'upgrade: h2c', 'content-length: 2')}{}`],
    ['with a connection that ends', `${lines('connection: close', 'content-length: 2')}{}`],
    ['with a folded header', `${lines('x: a', ' b', 'content-length: 2')}{}`],
    ['with a space before the colon', `${lines('content-length : 2')}{}`],
    ['with a NUL', `${lines('x: \0', 'content-length: 2')}{}`],
    ['with a bare line feed', `${lines('x: a\ncontent-length: 40', 'content-length: 2')}{}`],
    ['with a bare carriage return', `${lines('x: a\rb', 'content-length: 2')}{}`],
    ['with bytes beyond ASCII in its head', `${lines('x: é', 'content-length: 2')}{}`],
    ['of another method', plain.replace('POST', 'PUT')],
    ['of another path', plain.replace('/v1/predict', '/v1/predict?explain=1')],
    ['of another version', plain.replace('HTTP/1.1', 'HTTP/1.0')],
    ['with a head of 5,000 bytes', `${lines(`x: ${'y'.repeat(5000)}`, 'content-length: 2')}{}`],
    ['that is nothing', ''],
    ['that is the end of a head', '\r\n\r\n'],
  ])('is none %s', (_, text) => {
    expect(isPlainRequest(Buffer.from(text))).toBe(false);
  });
});

describe('a connection in an overload', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(async () => close?.());

  async function start() {
    const { core, state } = fakeCore();
    const server = await listen(core, false, { overload: 'answer' });
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    close = async () => {
      socket.destroy();
      await server.close();
    };
    let text = '';
    let wake: () => void = () => undefined;
    socket.on('data', (bytes) => {
      text += bytes.toString();
      wake();
    });
    const seen = () => [...text.matchAll(/HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n(?:got ([^H]*))?/g)].map((m) => m[2] ?? m[1]);
    return {
      state,
      send: (bytes: string) => socket.write(bytes),
      seen,
      /** Answers of Node's own HTTP, which have a date. */
      byHttp: () => text.match(/\r\ndate: /gi)?.length ?? 0,
      /** Waits until so many answers came. */
      async answers(count: number) {
        while (seen().length < count) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        // Whatever comes beyond would come now.
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        return seen();
      },
    };
  }
  const one = (body: string): string =>
    `${lines('content-type: application/json', `content-length: ${body.length}`)}${body}`;

  it('is refused time and again, and answered again when it is over', async () => {
    const { state, send, answers, byHttp } = await start();
    send(one('1'));
    await answers(1);
    state.isFull = true;
    for (let i = 2; i <= 6; i++) {
      send(one(String(i)));
      await answers(i);
    }
    expect(state).toMatchObject({ refused: 5, handled: 1 });
    // The first alone came as far as a parser.
    expect(byHttp()).toBe(2);
    state.isFull = false;
    for (let i = 7; i <= 9; i++) {
      send(one(String(i)));
      await answers(i);
    }
    state.isFull = true;
    for (let i = 10; i <= 12; i++) {
      send(one(String(i)));
      await answers(i);
    }
    expect(await answers(12)).toEqual(['1', ...Array(5).fill('429'), '7', '8', '9', ...Array(3).fill('429')]);
  });

  it('takes what an operator asks for', async () => {
    const { state, send, answers } = await start();
    state.isFull = true;
    send(one('1'));
    await answers(1);
    send(one('2').replace('/v1/predict', '/v1/labels/promote'));
    await answers(2);
    // No prediction gets in behind it.
    send(one('3'));
    const [first, labels, last] = await answers(3);
    expect([first, last]).toEqual(['429', '429']);
    expect(labels).not.toBe('429');
    expect(state.refused).toBe(2);
  });

  it('has answers in the order of its requests where it does not wait for them', async () => {
    const { state, send, answers } = await start();
    state.isFull = true;
    send(one('1'));
    await answers(1);
    send(one('2') + one('3'));
    await answers(3);
    state.isFull = false;
    send(one('4') + one('5').slice(0, -1));
    await answers(4);
    state.isFull = true;
    send('5');
    await answers(5);
    send(one('6'));
    // The head of the fifth was taken before the overload.
    expect(await answers(6)).toEqual(['429', '429', '429', '4', '5', '429']);
  });

  it('is not fooled by a body that looks like a request', async () => {
    const { state, send, answers } = await start();
    const inner = one('x');
    state.isFull = true;
    // The head alone: it is refused, and its body is still to come.
    send(lines('content-type: application/json', `content-length: ${inner.length}`));
    await answers(1);
    send(inner);
    send(one('2'));
    expect(await answers(2)).toEqual(['429', '429']);
    state.isFull = false;
    send(one('3'));
    expect(await answers(3)).toEqual(['429', '429', '3']);
    // The same when the connection is known already.
    state.isFull = true;
    send(one('4'));
    await answers(4);
    send(lines('content-type: application/json', `content-length: ${inner.length}`));
    await answers(5);
    send(inner);
    send(one('6'));
    expect(await answers(6)).toEqual(['429', '429', '3', '429', '429', '429']);
  });
});
