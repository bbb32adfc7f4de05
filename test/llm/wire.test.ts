import { describe, expect, it } from 'vitest';
import { TrainerError } from '../../src/core/errors.ts';
import { extractJson } from '../../src/llm/extract-json.ts';
import type { ModelRequest } from '../../src/llm/language-model.ts';
import { type End, type Protocol, protocols, usage } from './protocols.ts';
import { broken, json, silent, stream, type WireAnswer, wireServer } from './wire-server.ts';

const schema = {
  type: 'object',
  properties: { metric: { enum: ['rmse', 'größe'] }, threshold: { type: 'number' } },
  required: ['metric'],
  additionalProperties: false,
};
const asked = (signal = new AbortController().signal): ModelRequest => ({
  system: 'You choose.',
  prompt: 'Which?',
  schema,
  signal,
});
type Answer = { readonly metric?: unknown } | undefined;
const reply = '{"metric":"größe","threshold":null}';
const answer = '{"metric":"größe"}';

/** Pauses that were asked for, and none that is waited for. */
function fast() {
  const pauses: number[] = [];
  return {
    pauses,
    options: {
      // Long, for a machine that is busy; tests of time-outs set their own.
      timeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      totalTimeoutMs: 30_000,
      maxRetries: 2,
      random: () => 0.5,
      sleep: async (milliseconds: number) => void pauses.push(milliseconds),
    },
  };
}

const codeOfEnd: Readonly<Record<End, string>> = {
  stop: '',
  refusal: 'LLM_REFUSED',
  length: 'LLM_REPLY_TOO_LONG',
  filter: 'LLM_CONTENT_FILTER',
};
const oneLine: WireAnswer = (response) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${'x'.repeat(4_000_000)}`);

async function failure(protocol: Protocol, answers: readonly WireAnswer[], options: object = {}) {
  await using server = await wireServer(answers);
  const { pauses, options: base } = fast();
  const model = protocol.model(server.url, { ...base, ...options });
  const error = await model.generate(asked()).then(
    ({ text }) => expect.unreachable(`it answered ${text.slice(0, 100)}`),
    (thrown: unknown) => thrown,
  );
  expect(TrainerError.isInstance(error) ? '' : error).toBe('');
  return { error: error as TrainerError, calls: server.calls, pauses };
}

describe.each(protocols)('$name', (protocol) => {
  it.each([true, false])('answers, with its usage (streamed: %s)', async (isStreamed) => {
    await using server = await wireServer([isStreamed ? stream(protocol.events(reply)) : json(protocol.whole(reply))]);
    const model = protocol.model(server.url, { ...fast().options, stream: isStreamed });
    expect(await model.generate(asked())).toEqual({ text: answer, usage });
    expect(server.calls).toMatchObject([{ path: protocol.path, body: { model: 'm-1' } }]);
    expect(server.calls[0]!.body.stream ?? false).toBe(isStreamed);
    // The schema is held to strictly: all properties required, what was optional nullable.
    expect(JSON.stringify(server.calls[0]!.body)).toContain('"required":["metric","threshold"]');
    expect(JSON.stringify(server.calls[0]!.body)).toContain('{"anyOf":[{"type":"number"},{"type":"null"}]}');
  });

  it('puts characters together again that were cut anywhere', async () => {
    const bytes = protocol.events(reply);
    const at = bytes.indexOf('ö');
    expect(at).toBeGreaterThan(0);
    await using server = await wireServer([stream(bytes, [at - 3, at + 1, at + 2, at + 40])]);
    const model = protocol.model(server.url, fast().options);
    expect((await model.generate(asked())).text).toBe(answer);
  });

  it('reads what comes twice once, or takes it for no answer', async () => {
    const events = protocol
      .events(reply)
      .toString('utf8')
      .split(/(?<=\n\n)/);
    const twice = events.map((event, index) => [...events.slice(0, index), event, ...events.slice(index)].join(''));
    await using server = await wireServer(twice.map((text) => stream(Buffer.from(text))));
    const model = protocol.model(server.url, fast().options);
    for (const [index] of twice.entries()) {
      const result = await model.generate(asked()).catch((error: unknown) => error);
      if (TrainerError.isInstance(result)) expect(result.code).toBe('LLM_MALFORMED');
      else {
        const { text, usage: counted } = result as { text: string; usage: unknown };
        expect(counted, events[index]).toEqual(usage);
        // What is garbled is no JSON, or not of the schema; another answer would be taken for what the model said.
        const metric = (extractJson(text) as Answer)?.metric;
        expect(metric === 'größe' || !['rmse', 'größe'].includes(metric as string), text).toBe(true);
        if (protocol.isNumbered) expect(text).toBe(answer);
      }
    }
  });

  it('waits for a server that is slow to begin', async () => {
    await using server = await wireServer([
      async (response, call) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return stream(protocol.events(reply))(response, call);
      },
    ]);
    const model = protocol.model(server.url, { ...fast().options, idleTimeoutMs: 250 });
    expect(await model.generate(asked())).toEqual({ text: answer, usage });
  });

  it.each(['text/plain', 'application/json', 'application/octet-stream'])(
    'reads a stream that calls itself %s, or says that it is none',
    async (type) => {
      await using server = await wireServer([
        (response) => response.writeHead(200, { 'content-type': type }).end(protocol.events(reply)),
      ]);
      const result = await protocol
        .model(server.url, fast().options)
        .generate(asked())
        .catch((error: unknown) => error);
      if (TrainerError.isInstance(result)) expect(result.code).toBe('LLM_MALFORMED');
      else expect(result).toEqual({ text: answer, usage });
    },
  );

  it.each<[number, string, string]>([
    [401, 'invalid_api_key', 'LLM_AUTH'],
    [403, 'permission_error', 'LLM_AUTH'],
    [404, 'model_not_found', 'LLM_FAILED'],
    [400, 'invalid_request', 'LLM_FAILED'],
    [400, 'context_length_exceeded', 'LLM_CONTEXT_TOO_LONG'],
    [400, 'content_filter', 'LLM_CONTENT_FILTER'],
    [413, 'request_too_large', 'LLM_CONTEXT_TOO_LONG'],
    [429, 'insufficient_quota', 'LLM_RATE_LIMIT'],
  ])('ends %i %s as it is, without another try', async (status, code, expected) => {
    const message = 'Incorrect key sk-test-0123456789 of a@b.example\n\u001b[31m';
    const { error, calls } = await failure(protocol, [json(protocol.error(status, code, message), status)]);
    expect(error).toMatchObject({ code: expected, details: { status } });
    expect(calls).toHaveLength(1);
    const shown = `${error.message} ${error.cause} ${JSON.stringify(error.details)}`;
    for (const secret of ['0123456789', 'a@b.example', '\u001b']) expect(shown).not.toContain(secret);
  });

  it.each<[number, string]>([
    [408, 'LLM_TIMEOUT'],
    [409, 'LLM_UNAVAILABLE'],
    [429, 'LLM_RATE_LIMIT'],
    [500, 'LLM_UNAVAILABLE'],
    [503, 'LLM_UNAVAILABLE'],
    [529, 'LLM_UNAVAILABLE'],
  ])('tries again after %i, twice at most', async (status, expected) => {
    const failed = json(protocol.error(status, 'api_error', 'Later.'), status);
    const { error, calls, pauses } = await failure(protocol, [failed]);
    expect(error).toMatchObject({ code: expected, details: { status, retries: 2 } });
    expect(calls).toHaveLength(3);
    expect(pauses).toEqual([250, 500]);
    await using server = await wireServer([failed, failed, stream(protocol.events(reply))]);
    const model = protocol.model(server.url, fast().options);
    expect(await model.generate(asked())).toEqual({ text: answer, usage, retries: 2 });
  });

  it('waits as long as it is asked to, and no longer than it may', async () => {
    const limited = (seconds: string) =>
      json(protocol.error(429, 'rate_limit_error', 'Slow.'), 429, { 'retry-after': seconds });
    const { pauses } = await failure(protocol, [limited('3')]);
    expect(pauses).toEqual([3250, 3500]);
    const { error, calls } = await failure(protocol, [limited('3600')]);
    expect(error).toMatchObject({ code: 'LLM_RATE_LIMIT', details: { retryAfterMs: 3_600_000 } });
    expect(calls).toHaveLength(1);
  });

  it('gives up on a server that does not begin', async () => {
    const { error, calls } = await failure(protocol, [silent], { maxRetries: 1, timeoutMs: 80 });
    expect(error).toMatchObject({ code: 'LLM_TIMEOUT', details: { retries: 1 } });
    expect(calls).toHaveLength(2);
  });

  it('cuts a reply that stalls, and does not pay for it twice', async () => {
    const { error, calls } = await failure(protocol, [broken(protocol.half(reply), 'stall')], { idleTimeoutMs: 150 });
    expect(error.code).toBe('LLM_TIMEOUT');
    expect(calls).toHaveLength(1);
  });

  it('cuts a reply that goes on and on without a word', async () => {
    const pings: WireAnswer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': ping\n\n'), 20);
      response.on('close', () => clearInterval(timer));
    };
    const { error } = await failure(protocol, [pings], { totalTimeoutMs: 200, maxRetries: 0 });
    expect(error.code).toBe('LLM_TIMEOUT');
  });

  it.each<['cut' | 'end', string]>([
    ['cut', 'LLM_UNAVAILABLE'],
    ['end', 'LLM_MALFORMED'],
  ])('says so where a reply is broken off (%s)', async (how, expected) => {
    const { error, calls } = await failure(protocol, [broken(protocol.half(reply), how)]);
    expect(error.code).toBe(expected);
    expect(calls).toHaveLength(1);
  });

  it('says so where an error comes inside a stream', async () => {
    const { error } = await failure(protocol, [stream(Buffer.concat([protocol.half(reply), protocol.errorEvent!()]))]);
    expect(error.code).toBe('LLM_UNAVAILABLE');
  });

  it.each<[string, WireAnswer]>([
    ['a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')],
    ['an empty body', (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end()],
    ['other JSON', json({ hello: 'world' })],
    ['JSON that is none', stream(Buffer.from('data: {"a": \n\n'))],
    ['bytes', (response) => response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0, 1, 2]))],
  ])('takes %s for no reply', async (_, wrong) => {
    for (const isStreamed of [true, false]) {
      const { error } = await failure(protocol, [wrong], { stream: isStreamed });
      expect(error.code).toBe('LLM_MALFORMED');
    }
  });

  it.each<[string, WireAnswer]>([
    ['of words', stream(protocol.events('"'.padEnd(40_000, 'x')))],
    ...(protocol.isOurFetch ? [['in one line', oneLine] as [string, WireAnswer]] : []),
  ])('stops a huge reply %s', async (_, huge) => {
    const { error } = await failure(protocol, [huge], { maxReplyCharacters: 20_000 });
    expect(error.code).toBe('LLM_REPLY_TOO_LONG');
  });

  it('stops a huge reply that is not streamed, and a huge page of an error', async () => {
    const huge = json(protocol.whole(JSON.stringify('x'.repeat(60_000))));
    expect((await failure(protocol, [huge], { maxReplyCharacters: 20_000, stream: false })).error.code).toBe(
      'LLM_REPLY_TOO_LONG',
    );
    const page: WireAnswer = (response) => response.writeHead(500).end('x'.repeat(8_000_000));
    const { error } = await failure(protocol, [page], { maxReplyCharacters: 1000, maxRetries: 0 });
    expect(error.message.length).toBeLessThan(400);
  });

  it.each(protocol.ends)('says so where the reply ends by %s, and what it took', async (end) => {
    const expected = codeOfEnd[end];
    for (const isStreamed of [true, false]) {
      const ended = isStreamed ? stream(protocol.events(reply, end)) : json(protocol.whole(reply, end));
      const { error, calls } = await failure(protocol, [ended], { stream: isStreamed });
      expect(error).toMatchObject({ code: expected, details: { usage } });
      expect(calls).toHaveLength(1);
    }
  });

  // A host's own `fetch` follows redirects as the host says.
  if (protocol.isOurFetch)
    it('follows no redirect with the key', async () => {
      await using other = await wireServer([stream(protocol.events(reply))]);
      const redirect: WireAnswer = (response) =>
        response.writeHead(307, { location: `${other.url}${protocol.path}` }).end();
      const { error } = await failure(protocol, [redirect]);
      expect(error.code).toBe('LLM_UNAVAILABLE');
      expect(other.calls).toEqual([]);
    });

  it('ends with the reason of the abort, in the middle of a reply too', async () => {
    await using server = await wireServer([broken(protocol.half(reply), 'stall')]);
    const controller = new AbortController();
    const model = protocol.model(server.url, fast().options);
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 60);
    await expect(model.generate(asked(controller.signal))).rejects.toBe(reason);
  });
});

describe('a llama.cpp server', () => {
  const protocol = protocols.find(({ name }) => name === 'llama.cpp server')!;

  it('is waited for while it loads its model', async () => {
    const loading = json(protocol.error(503, 'unavailable_error', 'Loading model'), 503);
    await using server = await wireServer([loading, loading, loading, loading, stream(protocol.events(reply))]);
    const { options, pauses } = fast();
    const model = protocol.model(server.url, { ...options, maxRetries: 10 });
    expect(await model.generate(asked())).toEqual({ text: answer, usage, retries: 4 });
    expect(pauses).toEqual([250, 500, 1000, 2000]);
  });

  it.each([
    [400, 'the request exceeds the available context size, try increasing it'],
    [500, 'the request exceeds the available context size. try increasing the context size or enable context shift'],
  ])('says that a question is too long for it (%i)', async (status, message) => {
    const body = protocol.error(status, 'exceed_context_size_error', message);
    const { error, calls } = await failure(protocol, [json(body, status)]);
    expect(error.code).toBe('LLM_CONTEXT_TOO_LONG');
    expect(calls).toHaveLength(1);
  });

  it('says so where its schema has no grammar', async () => {
    const body = protocol.error(400, 'invalid_request_error', 'JSON schema conversion failed: Unrecognized schema');
    const { error, calls } = await failure(protocol, [json(body, 400)]);
    expect(error).toMatchObject({ code: 'LLM_FAILED', details: { reason: 'invalid_request_error' } });
    expect(calls).toHaveLength(1);
  });
});

it('is spoken with the version of the package openai that is asked for', async () => {
  const { VERSION } = await import('openai/version');
  expect(VERSION.split('.')[0]).toBe(process.env.TRAINERAGENT_OPENAI ?? '6');
});

describe('a server that is not there', () => {
  it.each(protocols)('is unavailable ($name)', async (protocol) => {
    const model = protocol.model('http://127.0.0.1:9', fast().options);
    await expect(model.generate(asked())).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE', details: { retries: 2 } });
  });
});
