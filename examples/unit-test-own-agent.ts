// Tests an agent of one's own with a script in the place of a language model: what it was shown, and what comes of a good
// answer, of a bad one, and of a refusal. Nothing is trained: a plan asks all that comes before.
import assert from 'node:assert/strict';
import { defineAgent, defineQuestion, Trainer } from 'traineragent';
import { scriptedModel } from 'traineragent/testing';
import { z } from 'zod';

const audience = defineQuestion({
  id: 'writer.audience',
  about: 'For whom the model card is written.',
  language: 'always',
  facts: (rows: number) => ({ rows }),
  answer: () => z.strictObject({ audience: z.enum(['engineers', 'everyone']) }),
  rule: () => ({ answer: { audience: 'everyone' as const }, why: 'Anyone may read it.' }),
});
const writer = defineAgent({
  name: 'writer',
  profile: 'You are the Writer agent. You choose how results are told.',
  questions: [audience],
  consultations: [{ after: 'task.plan', run: async (context) => (await context.ask(audience, 344)).audience }],
});

async function tested(replies: Parameters<typeof scriptedModel>[0]) {
  const llm = scriptedModel(replies);
  const trainer = new Trainer({ llm, agents: [writer] });
  let decision: { answer: unknown; by: string; fallback?: string } | undefined;
  trainer.on('decision', (event) => {
    if (event.question === audience.id) decision = event;
  });
  await trainer.plan({ prompt: 'Predict the species, accuracy of at least 0.9.', data: 'penguins.csv' });
  llm.assertComplete(); // each reply was asked for, and nothing else was
  return { calls: llm.calls, decision: decision! };
}

// Which facts it was shown, and as whom it was asked.
const good = await tested([{ audience: 'engineers' }]);
assert.match(good.calls[0]!.system, /^You are the Writer agent/);
assert.deepEqual(JSON.parse(/<facts>\n(.*)\n<\/facts>/.exec(good.calls[0]!.prompt)![1]!), { rows: 344 });
assert.deepEqual([good.decision.answer, good.decision.by], [{ audience: 'engineers' }, 'llm']);

// A bad answer comes back to it with what was wrong.
const bad = await tested([{ audience: 'lawyers' }, { audience: 'engineers' }]);
assert.match(bad.calls[1]!.prompt, /Your last answer was not valid:\n- audience: .* Received: "lawyers"/);
assert.equal(bad.decision.by, 'llm');

// Where it refuses three times, or its provider fails, the rule answers, and the decision says why.
const refused = await tested(['I can’t help with that.', 'I can’t help with that.', 'No.']);
assert.deepEqual(refused.decision.answer, { audience: 'everyone' });
assert.match(refused.decision.fallback!, /^no valid answer after 3 tries/);
const failed = await tested([new Error('overloaded')]);
assert.match(failed.decision.fallback!, /overloaded/);
console.log('passed');
