import { backendOfModule } from '../backends/backend-modules.ts';
import { backendRegistry, usualBackend, webBackend } from '../backends/registry.ts';
import type { FromChild, ToChild } from '../core/child-workbench.ts';
import { TrainerError } from '../core/errors.ts';
import type { Json } from '../core/helpers/canonical-json.ts';
import { actionRunner } from '../tools/actions/run-action.ts';

/*
 * The process that trains: takes calls from the host one after another, and ends when the host does. An error of an
 * action is an answer; anything else that goes wrong ends the process, and the host says so.
 */

/** A message that can't leave has nobody to read it: the host was killed, and its child ends with it. */
const send = (message: FromChild) =>
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) process.exit(0);
  });

let run: ReturnType<typeof actionRunner> | undefined;
let queue: Promise<void> = Promise.resolve();

process.on('message', (message: ToChild) => {
  if (message.type === 'settings') {
    const own = (message.settings.backends ?? []).map(backendOfModule);
    run = actionRunner(message.settings, { ...backendRegistry([...own, usualBackend]), web: webBackend });
  } else queue = queue.then(() => answer(message.id, message.tool, message.input));
});
process.on('disconnect', () => process.exit(0));

async function answer(id: number, tool: string, input: Json): Promise<void> {
  let lastProgress = 0;
  send({ type: 'start', id });
  try {
    const output = await run!(tool, input, (share, note) => {
      const now = performance.now();
      if (now - lastProgress < 100) return;
      lastProgress = now;
      send({
        type: 'progress',
        id,
        ...(share === undefined ? {} : { share }),
        ...(note === undefined ? {} : { note }),
      });
    });
    send({ type: 'output', id, output });
  } catch (error) {
    const known = TrainerError.isInstance(error)
      ? error
      : new TrainerError(
          'INTERNAL',
          `"${tool}" failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
    send({ type: 'error', id, code: known.code, message: known.message, details: known.details as Json });
  }
}
