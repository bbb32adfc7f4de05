import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../../src/core/ask.ts';
import { defineQuestion } from '../../src/core/question.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { fakeSession } from '../core/fake-session.ts';
import { payloads } from './payloads.ts';

const question = defineQuestion({
  id: 'test.pick',
  about: 'Which one.',
  language: 'always',
  facts: (name: string) => ({ name, [name]: 1, list: [name] }),
  answer: (name) => z.strictObject({ pick: z.enum(['a', name]) }),
  rule: () => ({ answer: { pick: 'a' }, why: 'It is the first.' }),
  check: ({ pick }, name) => (pick === name ? [{ path: 'pick', message: `Expected a, got ${name}` }] : []),
});

/** Asks with a payload as a name in the facts, in the schema, in the problem of a repair, and as the host's remark. */
async function promptsWith(payload: string): Promise<readonly string[]> {
  const llm = scriptedModel([{ pick: payload }, { [payload]: payload }, { pick: 'a' }]);
  const session = fakeSession({ llm, llmBudget: { maxFactTokens: 50_000 } });
  await ask(session, { stage: 's', visit: 1, name: 'test.pick', ordinal: 0 }, 'model', question, payload);
  expect(session.events.findLast(({ type }) => type === 'decision')).toMatchObject({ answer: { pick: 'a' } });
  return llm.calls.map(({ prompt }) => prompt);
}

describe('a text that would be more than data', () => {
  it('comes in at least 60 forms', () => {
    expect(new Set(payloads).size).toBeGreaterThanOrEqual(60);
  });

  it.each(payloads.map((payload) => [JSON.stringify(payload).slice(0, 60), payload] as const))(
    'stays data wherever it stands: %s',
    async (_, payload) => {
      const prompts = await promptsWith(payload);
      const harmless = await promptsWith('harmless');
      for (const [i, prompt] of prompts.entries()) {
        const lines = prompt.split(/[\n\r\u2028\u2029]/);
        // As many lines, with the same beginnings, whatever the text: it begins none of its own.
        const skeleton = (text: readonly string[]) =>
          text.map((line) => line.slice(0, 2)).filter((start) => start !== '- '); // one for each problem
        expect(skeleton(lines)).toEqual(skeleton(harmless[i]!.split('\n')));
        expect(lines.filter((line) => line.includes('</facts>'))).toEqual(['</facts>']);
        expect(lines.filter((line) => line.includes('<facts>'))).toEqual(['<facts>']);
        expect(JSON.parse(lines[3]!)).toHaveProperty('list');
        expect(prompt).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u);
      }
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    },
  );
});
