// Lets language models propose answers: one to ask, one to fall back on, within a budget. Keys are in the usual variables.
import { accept, cached, fallback, limited, replace, Trainer } from 'traineragent';
import { anthropic } from 'traineragent/anthropic';
import { openai } from 'traineragent/openai';

const claude = anthropic({ model: 'claude-haiku-4-5' }); // ANTHROPIC_API_KEY
const gpt = openai({ model: 'gpt-5-mini' }); // OPENAI_API_KEY
const local = openai({ model: 'qwen3:8b', baseURL: 'http://localhost:11434/v1', maxRetries: 0 }); // Ollama, without a key

const trainer = new Trainer({
  llm: limited(cached(fallback([local, claude, gpt]), new Map()), { requestsPerMinute: 60, concurrency: 4 }),
  llmBudget: {
    maxCalls: 20,
    maxTokens: 100_000,
    maxCostUsd: 0.5,
    prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 5 }, // yours to know: none is built in
  },
  privacy: 'schema-only',
});
trainer.decide('llm.call', ({ proposal }) =>
  'prompt' in proposal && proposal.prompt.includes('secret') ? replace({ veto: 'not for others' }) : accept(),
);

const run = trainer.run({ prompt: 'Predict the species of a penguin, accuracy at least 0.9.', data: 'penguins.csv' });
for await (const event of run) {
  if (event.type === 'model-call' && event.phase === 'request') console.log(event.outbound); // before it leaves
  if (event.type === 'model-call' && event.phase === 'reply') console.log(event.answeredBy, event.usage, event.total);
  if (event.type === 'decision') console.log(event.question, event.by, event.fallback ?? '');
}
