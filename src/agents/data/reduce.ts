import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage } from '../../core/stage.ts';
import { type Planned, stepOf } from '../task/stages/plan.ts';
import type { Prepared } from './prepare.ts';
import { samplePrompt } from './prompts/sample.ts';

/** What the size of the sample is chosen from. */
export interface SampleSubject {
  readonly rows: number;
  /** Rows that the plan wants search to learn from; absent where it takes all. */
  readonly planned?: number;
  /** Rows of an earlier search that gained nothing. */
  readonly earlier?: number;
}

/** How many rows each fit of the search learns from. */
export const sampleQuestion = defineQuestion({
  id: 'data.sample',
  about: samplePrompt.about,
  prompt: samplePrompt,
  facts: (subject: SampleSubject) => ({ ...subject }),
  answer: ({ rows }) => z.strictObject({ rows: z.number().int().min(Math.min(rows, 1000)).max(rows) }),
  rule: ({ rows, planned, earlier }) => {
    if (earlier !== undefined)
      return {
        answer: { rows: Math.min(rows, earlier * 4) },
        why: 'The earlier sample was too small to find a signal.',
      };
    if (planned === undefined || planned >= rows) return { answer: { rows }, why: 'There is time for all rows.' };
    return {
      answer: { rows: planned },
      why: 'The plan samples, so that more configurations can be tried; what it costs in score is measured.',
    };
  },
  language: 'unsure',
});

export const reducedSchema = z.object({
  /** Rows that each fit of the search learns from, where that is fewer than there are. */
  learnRows: z.number().optional(),
  rows: z.number(),
});

export type Reduced = z.infer<typeof reducedSchema>;

/** Decides whether search learns from a sample. */
export const reduceStage = defineStage<Reduced>({
  name: 'data.reduce',
  agent: 'data',
  to: 'model',
  output: reducedSchema,
  async run(context) {
    const { rowCount } = context.message<Prepared>('data.prepare')!;
    const planned = stepOf(context.message<Planned>('task.plan')!, 'reduce')?.rows;
    const earlier = context.message<Reduced>('data.reduce')?.learnRows;
    const { rows } = await context.ask(sampleQuestion, {
      rows: rowCount,
      ...(planned === undefined ? {} : { planned }),
      ...(earlier === undefined ? {} : { earlier }),
    });
    return {
      message: { rows: rowCount, ...(rows < rowCount ? { learnRows: rows } : {}) },
      summary:
        rows < rowCount ? `Search learns from ${rows} of ${rowCount} rows a fit.` : 'Search learns from all rows.',
    };
  },
});
