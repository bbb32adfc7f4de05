import type { ServiceCore } from '../../src/server/service.ts';
import { defaultServeLimits } from '../../src/tools/serve/serve-limits.ts';

/** A service that answers with the bytes that it was sent, and is full when the test says so. */
export function fakeCore() {
  const state = { isFull: false, refused: 0, handled: 0, onListening: (_isSo: boolean): void => undefined };
  const core: ServiceCore = {
    routes: new Map([
      ['/livez', { methods: ['GET'], isLight: true }],
      ['/v1/predict', { methods: ['POST'] }],
    ]),
    limits: defaultServeLimits,
    async handle(request) {
      state.handled++;
      const body = request.method === 'GET' ? request.url : Buffer.from((await request.read(1000))!);
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: `got ${body}` };
    },
    isFull: () => state.isFull,
    get isOverload() {
      return state.isFull;
    },
    mayEnd: () => true,
    refused: () => {
      state.refused++;
    },
    listening: (isSo) => state.onListening(isSo),
    drain: () => undefined,
    isDraining: false,
    end: () => undefined,
    isEnding: false,
    inFlight: 0,
  };
  return { core, state };
}
