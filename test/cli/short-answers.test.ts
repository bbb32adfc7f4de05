import { expect, it } from 'vitest';
import { builtInQuestions } from '../../src/agents/questions.ts';
import { fullAnswer, shortAnswer, shortMembers } from '../../src/cli/short-answers.ts';

it.each(Object.entries(shortMembers))('%s=VALUE fills a member that its answer has', async (id, member) => {
  const question = Object.values(builtInQuestions)
    .flat()
    .find((candidate) => candidate.id === id)!;
  const subject = { columns: [{ name: 'a' }], task: 'binary', rows: 2000, variants: [{ id: 'as-found' }] };
  const schema = (question.answer as (subject: unknown) => import('zod').ZodObject)(subject);
  expect(Object.keys(schema.shape)).toContain(member);
});

it('whole answers, lists and questions of others are taken as they are', () => {
  expect(fullAnswer('task.target', 'species')).toEqual({ target: 'species' });
  expect(fullAnswer('task.target', { target: 'species' })).toEqual({ target: 'species' });
  expect(fullAnswer('model.candidates', { learners: ['linear'] })).toEqual({ learners: ['linear'] });
  expect(fullAnswer('mine.own', 'yes')).toBe('yes');
  expect(shortAnswer('task.target', { target: 'species' })).toBe('species');
  expect(shortAnswer('task.metric', { metric: 'f1', threshold: 1 })).toEqual({ metric: 'f1', threshold: 1 });
});
