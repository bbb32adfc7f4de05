// More for a built-in agent, a tool of one's own, and spans of every run.
import { defineTool, extendAgent, Trainer } from 'traineragent';
import { traceRuns } from 'traineragent/opentelemetry';
import { z } from 'zod';

const calendar = defineTool({
  name: 'freeze-window',
  about: 'Whether the data may be read today.',
  input: z.strictObject({ source: z.string() }),
  output: z.strictObject({ open: z.boolean() }),
  run: ({ source }) => ({ open: source !== 'payroll.csv' }),
});

const careful = extendAgent('data', {
  knowledge: 'Salaries are never an input.',
  around: {
    async 'data.clean'(context, next) {
      const { open } = await context.use(calendar, { source: context.input.dataName ?? '' });
      if (!open) throw new Error('The data are closed today.');
      return next(); // the step as it was
    },
  },
});

const trainer = new Trainer({ agents: [careful] });
const stop = traceRuns(trainer); // needs @opentelemetry/api, and a provider to send spans anywhere
trainer.on('tool-call', ({ tool, where, phase }) => {
  if (where === 'host' && phase === 'end') console.log(`${tool} ran on the ${where}`);
});
const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
console.log(outcome.status);
stop();
