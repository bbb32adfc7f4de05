// Models of other makers: one of the AI SDK, and a file in this process. Usage: node local-models.ts MODEL.gguf
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { fallback, Trainer } from 'traineragent';
import { aiSdk } from 'traineragent/ai-sdk';
import { llamaCpp } from 'traineragent/llama-cpp';

const provider = createOpenAICompatible({ name: 'local', baseURL: 'http://localhost:8080/v1', includeUsage: true });
const viaAiSdk = aiSdk(provider.chatModel('qwen3-4b')); // key, address and fetch are the provider's business

const [, , gguf] = process.argv;
if (gguf !== undefined) {
  await using inProcess = llamaCpp({ file: gguf }); // memory is given back at the end
  const trainer = new Trainer({ llm: fallback([viaAiSdk, inProcess]) });
  const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
  console.log(outcome.status, outcome.facts.scores[0]);
}
