import { describe, expect, it, vi } from 'vitest';
import { protocols, usage } from './protocols.ts';
import { broken, json, stream, wireServer } from './wire-server.ts';

// Version 7 needs Node 22: under Node 20 vitest.config.ts leaves this file out.
// The range of the peer is 6 and 7; everything else is tested with 6, which runs on Node 20.
vi.mock('openai', () => import('openai-7'));

const asked = {
  system: 's',
  prompt: 'Which?',
  schema: { type: 'string', enum: ['a', 'b'] },
  signal: new AbortController().signal,
};
const fast = { sleep: async () => undefined, idleTimeoutMs: 150 };

describe.each(protocols.slice(0, 2))('version 7 of the package openai, $name', (protocol) => {
  it('is what is tested here', async () => {
    expect((await import('openai')).default).toBe((await import('openai-7')).default);
    expect((await import('openai-7/version')).VERSION).toMatch(/^7\./);
  });

  it('answers after an overload, streamed and not', async () => {
    for (const isStreamed of [true, false]) {
      const reply = '{"value":"b"}';
      await using server = await wireServer([
        json(protocol.error(503, 'server_error', 'Later.'), 503),
        isStreamed ? stream(protocol.events(reply)) : json(protocol.whole(reply)),
      ]);
      const model = protocol.model(server.url, { ...fast, stream: isStreamed });
      expect(await model.generate(asked)).toEqual({ text: '"b"', usage, retries: 1 });
    }
  });

  it.each([
    ['LLM_AUTH', json(protocol.error(401, 'invalid_api_key', 'No.'), 401)],
    ['LLM_REFUSED', stream(protocol.events('', 'refusal'))],
    ['LLM_REPLY_TOO_LONG', stream(protocol.events('"b"', 'length'))],
    ['LLM_TIMEOUT', broken(protocol.half('"b"'), 'stall')],
    ['LLM_UNAVAILABLE', broken(protocol.half('"b"'), 'cut')],
    ['LLM_MALFORMED', broken(protocol.half('"b"'), 'end')],
  ] as const)('ends with %s', async (code, answer) => {
    await using server = await wireServer([answer]);
    await expect(protocol.model(server.url, fast).generate(asked)).rejects.toMatchObject({ code });
  });
});
