// OpenAI decides; with `baseURL`, any server that speaks its protocol.
import { Trainer } from 'traineragent';
import { openai } from 'traineragent/openai';

const trainer = new Trainer({ llm: openai({ model: 'gpt-5-mini' }) }); // OPENAI_API_KEY
const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
console.log(outcome.status);
