import { z } from 'zod';
import { defineStage } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import type { Frozen } from '../model/freeze.ts';

export const interfaceSchema = z.object({
  /** Blob of the JSON Schema, the TypeScript type and the example calls (they name the categories that the model knows). */
  description: z.string(),
  fields: z.number(),
});

export type InterfaceMessage = z.infer<typeof interfaceSchema>;

/** Prepares how the model is called. */
export const interfaceStage = defineStage<InterfaceMessage>({
  name: 'server.interface',
  agent: 'server',
  to: 'task',
  output: interfaceSchema,
  async run(context) {
    const { model } = context.message<Frozen>('model.freeze')!;
    const output = await callAction(context, 'describe', { model });
    return { message: output, summary: `A record has ${output.fields} fields; schema, type and examples are ready.` };
  },
});
