/** A process that holds one model and predicts with it; `child-predictor.ts` starts it and talks to it. */
import { Socket } from 'node:net';
import { TrainerError } from '../../core/errors.ts';
import type { Predictor } from '../backend.ts';
import { frameChannel } from './child-process.ts';
import { runtimeOn } from './device-runtime.ts';
import { encodeFrame, FrameReader, type FromChild, type ToChild } from './frames.ts';
import { createInlinePredictor } from './inline-predictor.ts';
import { loadRuntime } from './load-runtime.ts';

let predictor: Predictor | undefined;

async function answer(message: ToChild): Promise<FromChild> {
  try {
    if (message.type === 'load') {
      predictor = await createInlinePredictor(
        runtimeOn(await loadRuntime(), message.device),
        message.model,
        message.threads,
      );
      return { type: 'loaded', inputs: predictor.inputs, outputs: predictor.outputs };
    }
    if (predictor === undefined)
      throw new TrainerError('INTERNAL', 'The child was asked to predict before it had a model.');
    if (message.type === 'measure') return { type: 'measured', memoryBytes: process.memoryUsage().rss };
    return { type: 'predicted', tensors: await predictor.predict(message.tensors) };
  } catch (error) {
    if (TrainerError.isInstance(error)) return { type: 'failed', code: error.code, message: error.message };
    return { type: 'failed', code: 'PREDICT_FAILED', message: error instanceof Error ? error.message : String(error) };
  }
}

const socket = new Socket({ fd: frameChannel, readable: true, writable: true });
const reader = new FrameReader<ToChild>((message) => {
  // The host sends one message at a time, so answers need no number.
  void answer(message).then((reply) => {
    for (const piece of encodeFrame(reply)) socket.write(piece);
  });
});
socket.on('data', (chunk: Buffer) => reader.push(chunk));
// The host is gone: nobody is left to answer.
socket.on('close', () => process.exit(0));
socket.on('error', () => process.exit(0));
// Ctrl-C goes to the whole group; the host decides when its child ends. So does a supervisor's SIGTERM.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
