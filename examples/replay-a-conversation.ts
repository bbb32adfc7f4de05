// Records what a language model says, once, and tests with the recording from then on: no key, no network, the same answers.
import { Trainer } from 'traineragent';
import { openai } from 'traineragent/openai';
import { recordingModel, replayModel } from 'traineragent/testing';

const file = 'conversation.json'; // keep it with the code
const replay = process.env.RECORD === '1' ? undefined : replayModel(file);
const llm = replay ?? recordingModel(openai({ model: 'gpt-5-mini' }), file);

const run = new Trainer({ llm }).run({
  prompt: 'Predict the species of a penguin, accuracy at least 0.9.',
  data: 'penguins.csv',
});
for await (const event of run) if (event.type === 'decision') console.log(event.question, event.by);
replay?.assertComplete(); // a prompt that changed since is told, with the lines that differ
