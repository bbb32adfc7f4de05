// Any model of the AI SDK decides, asked as one agent in the place of four; key, address and fetch are its provider's business.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Trainer } from 'traineragent';
import { aiSdk } from 'traineragent/ai-sdk';

const { BASE_URL: baseURL = 'http://localhost:8080/v1' } = process.env;
const llm = aiSdk(createOpenAICompatible({ name: 'local', baseURL, includeUsage: true }).chatModel('qwen3-4b'));
const trainer = new Trainer({ llm, mode: 'single' });
const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
console.log(outcome.status);
