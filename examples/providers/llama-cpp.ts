// A GGUF file decides, in this process: node llama-cpp.js MODEL.gguf
import { Trainer } from 'traineragent';
import { llamaCpp } from 'traineragent/llama-cpp';

await using llm = llamaCpp({ file: process.argv[2] ?? 'qwen3-4b-q4_k_m.gguf' }); // memory is given back at the end
const trainer = new Trainer({ llm });
const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
console.log(outcome.status);
