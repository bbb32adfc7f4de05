import { defineAction } from './action.ts';
import { type AssembleInput, assemble } from './assemble.ts';

export interface WeighOutput {
  /** Bytes that the file of these members would have. */
  readonly sizeBytes: number;
}

/** Makes the file that members would become, for its size alone: nothing is kept, and nothing proven. */
export const weigh = defineAction<AssembleInput, WeighOutput>({
  name: 'weigh',
  async run(input, context) {
    const { artefact } = await assemble(input, context);
    return { sizeBytes: artefact.bytes.length };
  },
});
