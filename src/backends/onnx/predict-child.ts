/** A process that holds one model and predicts with it; `child-predictor.ts` starts it and talks to it. */
import { TrainerError } from '../../core/errors.ts';
import type { Predictor } from '../backend.ts';
import { createInlinePredictor } from './inline-predictor.ts';
import type { FromChild, ToChild } from './messages.ts';

let predictor: Predictor | undefined;

async function answer(message: ToChild): Promise<FromChild> {
  try {
    if (message.type === 'load') {
      predictor = await createInlinePredictor(message.model, message.threads);
      return { type: 'loaded', inputs: predictor.inputs, outputs: predictor.outputs };
    }
    if (predictor === undefined)
      throw new TrainerError('INTERNAL', 'The child was asked to predict before it had a model.');
    return { type: 'predicted', outputs: await predictor.predict(message.inputs) };
  } catch (error) {
    if (TrainerError.isInstance(error)) return { type: 'failed', code: error.code, message: error.message };
    return { type: 'failed', code: 'PREDICT_FAILED', message: error instanceof Error ? error.message : String(error) };
  }
}

// The host sends one message at a time, so answers need no number.
process.on('message', (message: ToChild) => {
  void answer(message).then((reply) => process.send?.(reply));
});
// The host is gone: nobody is left to answer.
process.on('disconnect', () => process.exit(0));
// Ctrl-C goes to the whole group; the host decides when its child ends.
process.on('SIGINT', () => {});
