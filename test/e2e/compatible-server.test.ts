import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemServices } from '../../src/cli/system-services.ts';
import type { RunEvent } from '../../src/index.ts';
import { protocols, usage } from '../llm/protocols.ts';
import { json, stream, wireServer } from '../llm/wire-server.ts';
import { csvOf, sampleRows } from './sample.ts';

const chat = protocols.find(({ name }) => name === 'Chat Completions')!;

it('a server that speaks OpenAI’s protocol decides, from the command line’s services, through the real client', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'llm-'));
  await writeFile(join(folder, 'data.csv'), csvOf(sampleRows()));
  await using server = await wireServer([
    json(chat.error(503, 'server_error', 'Starting.'), 503),
    (response, call) => {
      const asked = JSON.stringify(call.body);
      const reply = asked.includes('Which learners to try') ? { learners: ['linear'] } : { odd: true };
      return stream(chat.events(JSON.stringify(reply)))(response, call);
    },
  ]);
  const run = await systemServices().train(
    {
      runId: 'run-1',
      prompt: 'Predict the label with an accuracy of at least 0.6.',
      dataPath: join(folder, 'data.csv'),
      budget: 'quick',
      llm: { provider: 'compatible', baseURL: `${server.url}/v1`, model: 'm-1' },
    },
    join(folder, 'run'),
  );
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect((await run.result).status).toBe('complete');
  const decision = (id: string) => events.find((event) => event.type === 'decision' && event.question === id);
  expect(decision('model.candidates')).toMatchObject({ by: 'llm', answer: { learners: ['linear'] } });
  expect(decision('model.configurations')).toMatchObject({
    by: 'rule',
    fallback: expect.stringMatching(/^no valid answer after 3 tries/),
  });
  const replies = events.filter((event) => event.type === 'model-call' && event.phase === 'reply');
  expect(replies[0]).toMatchObject({ model: 'openai:m-1', retries: 1, usage, total: { calls: 1, inputTokens: 120 } });
  // No key goes to a host that it is not for.
  expect(server.calls.every(({ headers }) => headers.authorization === 'Bearer none')).toBe(true);
});
