import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TrainerError } from '../../src/core/errors.ts';
import { languageModelConformance, recordingModel, replayModel, scriptedModel } from '../../src/testing/index.ts';
import { protocols } from './protocols.ts';
import { json, stream, wireServer } from './wire-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'cassette-'));
let files = 0;
const newFile = () => join(folder, 'deep', `${++files}.json`);
const asked = (prompt: string, system = 's') => ({
  system,
  prompt,
  schema: { type: 'string' },
  signal: new AbortController().signal,
});

describe('a recorded conversation', () => {
  it('comes back as it was: replies, usage and errors, by what is asked', async () => {
    const file = newFile();
    const usage = { inputTokens: 3, outputTokens: 1 };
    const recording = recordingModel(
      scriptedModel(['one', 'two', new TrainerError('LLM_REFUSED', 'No.', { details: { usage } }), new Error('odd')], {
        structuredOutput: 'native',
      }),
      file,
    );
    await recording.generate(asked('Question: a'));
    await recording.generate(asked('Question: a'));
    await expect(recording.generate(asked('Question: b'))).rejects.toThrow('No.');
    await expect(recording.generate(asked('Question: c'))).rejects.toThrow('odd');

    const replay = replayModel(file);
    expect(replay.name).toBe('scripted');
    expect(replay.capabilities).toEqual({ structuredOutput: 'native' });
    await expect(replay.generate(asked('Question: b'))).rejects.toMatchObject({
      code: 'LLM_REFUSED',
      details: { usage },
    });
    expect((await replay.generate(asked('Question: a'))).text).toBe('one');
    expect((await replay.generate(asked('Question: a'))).text).toBe('two');
    expect(() => replay.assertComplete()).toThrow('1 of 4 were not; the first: Question: c');
    await expect(replay.generate(asked('Question: c'))).rejects.toThrow('odd');
    replay.assertComplete();
  });

  it('shows what of a prompt changed', async () => {
    const file = newFile();
    const recording = recordingModel(scriptedModel(['one']), file);
    await recording.generate(asked(`Question: a\nfacts ${'x'.repeat(200)} rows 10 end\nmore`));
    const replay = replayModel(file);
    const changed = replay.generate(asked(`Question: a\nfacts ${'x'.repeat(200)} rows 12 end\nmore`));
    const error = await changed.catch((thrown: TrainerError) => thrown);
    expect(error).toMatchObject({ code: 'LLM_CASSETTE' });
    expect((error as TrainerError).message).toMatch(/prompt line 2:\n- ….* rows 10 end\n\+ ….* rows 12 end\n/);
    expect(() => replay.assertComplete()).toThrow('The prompt changed');
    await expect(replay.generate(asked('Question: z'))).rejects.toThrow('begins with "Question: z"');
  });

  it('has no keys and no addresses in it', async () => {
    const file = newFile();
    const llm = scriptedModel(['Write to a@b.example with sk-live-0123456789abcdef.']);
    await recordingModel(llm, file).generate(asked('Bearer abcdefghijklmnop of c@d.example'));
    const text = readFileSync(file, 'utf8');
    for (const secret of ['a@b', 'c@d', '0123456789', 'abcdefghijklmnop']) expect(text).not.toContain(secret);
    expect((await replayModel(file).generate(asked('Bearer abcdefghijklmnop of c@d.example'))).text).toContain('[key]');
  });

  it.each<[string, string]>([
    ['no JSON', 'hello'],
    ['another file', '{"a":1}'],
    ['a newer format', '{"formatVersion":2,"calls":[]}'],
  ])('is refused where the file is %s', (_, text) => {
    const file = join(folder, `${++files}.json`);
    writeFileSync(file, text);
    expect(() => replayModel(file)).toThrow(expect.objectContaining({ code: 'LLM_CASSETTE' }));
  });
});

describe.each(protocols)('$name keeps the contract of a language model', (protocol) => {
  /** Answers by what is in the question: a stand-in for a model that understands. */
  const answers = (body: unknown): string => {
    const text = JSON.stringify(body);
    if (text.includes('colour of the sky')) return '{"colour":"blue"}';
    if (text.includes('leave \\"threshold') || text.includes('threshold')) return '{"metric":"rmse","threshold":null}';
    if (text.includes('Latin alphabet')) return '{"value":["a","b"]}';
    return '{"word":"größe"}';
  };
  const names = languageModelConformance(scriptedModel([])).map(({ name }) => name);

  it.each(names)('%s', async (name) => {
    await using server = await wireServer([
      (response, call) => {
        const reply = answers(call.body);
        return (call.body.stream === true ? stream(protocol.events(reply)) : json(protocol.whole(reply)))(
          response,
          call,
        );
      },
    ]);
    const model = protocol.model(server.url, {});
    await languageModelConformance(model)
      .find((test) => test.name === name)!
      .run();
  });
});

describe('the suite itself', () => {
  it.each<[string, object, RegExp]>([
    [
      'answers an object with a word of a list',
      { generate: async () => ({ text: '{"colour":"red"}' }) },
      /of the schema/,
    ],
    [
      'answers a property that may be left out, which is then not null',
      { generate: async () => ({ text: '{"metric":"rmse","threshold":null}' }) },
      /of the schema/,
    ],
    [
      'counts tokens in whole numbers, where it counts them',
      { generate: async () => ({ text: '1', usage: { inputTokens: 1.5, outputTokens: 0 } }) },
      /./,
    ],
    [
      'has a name of one line, without anything that looks like a key',
      { name: 'openai:sk-live-0123456789abcdef' },
      /./,
    ],
    [
      'rejects a call that was aborted before it began',
      { generate: async () => ({ text: '1' }) },
      /Missing expected rejection/,
    ],
    ['declares how it holds answers to a schema', { capabilities: { structuredOutput: 'magic' } }, /./],
  ])('fails a model that breaks it: %s', async (name, broken, message) => {
    const model = { ...scriptedModel([]), capabilities: { structuredOutput: 'native' as const }, ...broken };
    const test = languageModelConformance(model).find((one) => one.name === name);
    await expect(test!.run()).rejects.toThrow(message);
  });
});
