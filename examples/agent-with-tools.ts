// An agent whose question a language model may look something up for, with a tool of the host.
import assert from 'node:assert/strict';
import { defineAgent, defineQuestion, defineTool, Trainer } from 'traineragent';
import { scriptedModel } from 'traineragent/testing';
import { z } from 'zod';

const tariff = defineTool({
  name: 'tariff',
  about: 'Tells what a plan costs a month.',
  input: z.strictObject({ plan: z.enum(['basic', 'pro']) }),
  run: ({ plan }) => ({ plan, euros: plan === 'basic' ? 9 : 29 }),
});

const offer = defineQuestion({
  id: 'sales.offer',
  about: 'Which plan is offered to customers who may leave.',
  language: 'always',
  tools: ['tariff'],
  maxToolCalls: 2,
  facts: (rows: number) => ({ rows }),
  answer: () => z.strictObject({ plan: z.enum(['basic', 'pro']) }),
  rule: () => ({ answer: { plan: 'basic' as const }, why: 'It is the usual one.' }),
});

const sales = defineAgent({
  name: 'sales',
  profile: 'You are the Sales agent. You choose what is offered.',
  questions: [offer],
  tools: [tariff],
  consultations: [{ after: 'task.plan', run: async (context) => `Offered: ${(await context.ask(offer, 344)).plan}.` }],
});

// A script stands for the model: for this question it looks at a price first, and by rule all others are answered.
let looked = '';
const llm = scriptedModel(
  Array.from({ length: 40 }, () => ({ prompt }: { readonly prompt: string }) => {
    if (!prompt.startsWith(`Question: ${offer.about}`)) return 'No idea.';
    looked = /It told .*\n(.*)/.exec(prompt)?.[1] ?? '';
    return looked === '' ? { tool: 'tariff', input: { plan: 'pro' } } : { plan: 'pro' };
  }),
);
const run = new Trainer({ llm, agents: [sales] }).run({
  prompt: 'Predict the species of a penguin.',
  data: 'penguins.csv',
});
for await (const event of run) {
  if (event.type === 'tool-call' && event.question !== undefined) console.log(event.tool, event.phase, event.input);
  if (event.type === 'decision' && event.question === 'sales.offer') assert.equal(event.by, 'llm');
}
assert.equal(looked, '{"euros":29,"plan":"pro"}');
