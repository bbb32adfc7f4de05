// Tests what a language model is told and what becomes of its answers, with a script in its place: no key, no network.
import assert from 'node:assert/strict';
import { Trainer } from 'traineragent';
import { scriptedModel } from 'traineragent/testing';

const llm = scriptedModel([
  { learners: ['linear', 'magic'] }, // not one of the learners: refused, and shown what was wrong
  'Sorry! { "learners": ["linear"] }', // words around the JSON do no harm
  new Error('rate limit'), // the rule answers instead, and the event says why
]);

const run = new Trainer({ llm }).run({
  prompt: 'Predict the species of a penguin with an accuracy of at least 0.9.',
  data: 'penguins.csv',
});
const by = new Map<string, string>();
for await (const event of run) if (event.type === 'decision') by.set(event.question, event.fallback ?? event.by);

llm.assertComplete(); // every reply was asked for, and nothing else was
assert.match(llm.calls[0]!.prompt, /^Question: Which learners to try/);
assert.doesNotMatch(llm.calls[0]!.prompt, /Torgersen/); // no cell value leaves
assert.equal(by.get('model.candidates'), 'llm');
console.log(by);
