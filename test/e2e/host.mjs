// A host application in a process of its own: node host.mjs '{"folder", "request"?, "resume"?, "cores"?, "holdAt"?}'
// It tells the run's events as lines of JSON. At journal record `holdAt` it says so and stands still, until it is killed.
import { writeSync } from 'node:fs';
import { fileStore, Trainer } from '../../dist/index.js';

const { folder, request, resume, cores, holdAt } = JSON.parse(process.argv[2]);
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);
const trainer = new Trainer({ store: fileStore(folder), ...(cores === undefined ? {} : { cores }) });

trainer.on('checkpoint', ({ record }) => {
  if (record !== holdAt) return;
  say({ holds: record });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
trainer.on('tool-call', ({ stage, tool, ordinal, phase }) => say({ stage, tool, ordinal, phase }));

const run = resume === undefined ? trainer.run(request) : trainer.resume(resume);
try {
  const outcome = await run.result;
  say({ status: outcome.status, ...(outcome.status === 'complete' ? { hash: outcome.model.hash } : {}) });
} catch (error) {
  say({ status: 'failed', code: error.code, message: error.message });
}
