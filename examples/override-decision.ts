// Takes decisions out of the rules' hands; ids and answers are typed, and every answer is checked.
import { accept, replace, Trainer } from 'traineragent';

const trainer = new Trainer();
trainer.decide('model.candidates', () => replace({ learners: ['linear'] }, 'It has to be explained to people.'));
trainer.decide('model.ensemble', ({ proposal }) => (proposal.use === 'blend' ? replace({ use: 'single' }) : accept()));
trainer.decide('data.columns', ({ proposal }) => replace({ use: proposal.use.filter((name) => name !== 'sex') }));
trainer.decide('server.deployment', () => replace({ way: 'service' }));

const outcome = await trainer.run({
  prompt: 'Predict the species of a penguin.',
  data: 'penguins.csv',
  answers: { 'task.metric': { metric: 'accuracy' } }, // fixed from the start: nobody is asked
}).result;

for (const { question, answer, by } of outcome.facts.decisions) console.log(`${question}: ${answer} (${by})`);
