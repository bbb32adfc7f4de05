// Anthropic decides.
import { Trainer } from 'traineragent';
import { anthropic } from 'traineragent/anthropic';

const trainer = new Trainer({ llm: anthropic({ model: 'claude-haiku-4-5' }) }); // ANTHROPIC_API_KEY
const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
console.log(outcome.status);
