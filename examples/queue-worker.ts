// A worker that takes trainings from a queue (BullMQ on Redis). Killed in the middle, the next one goes on from its journal.
// `queue-worker.ts add PROMPT FILE` puts a training into the queue.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { fileStore, Trainer } from 'traineragent';

const connection = { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', maxRetriesPerRequest: null };
const trainer = new Trainer({ store: fileStore('runs') });
const [, , command, prompt, data] = process.argv;

if (command === 'add') {
  const queue = new Queue('trainings', { connection });
  const job = await queue.add('train', { prompt, data }, { attempts: 3 });
  console.log(job.id);
  await queue.close();
} else {
  const worker = new Worker(
    'trainings',
    async (job) => {
      // The run has the job's id: a second try finds what the first has recorded, and computes nothing again.
      const runId = `job-${job.id}`;
      const run = existsSync(join('runs', runId)) ? trainer.resume(runId) : trainer.run({ ...job.data, runId });
      for await (const event of run) {
        if (event.type === 'stage-start') await job.updateProgress({ stage: event.stage });
      }
      const outcome = await run.result;
      if (outcome.status === 'complete') await outcome.model.save(`${runId}.onnx`);
      return { status: outcome.status, score: outcome.facts.scores[0] };
    },
    // A job whose worker died is taken up again once its lock has run out.
    { connection, lockDuration: 5_000, stalledInterval: 5_000, maxStalledCount: 3 },
  );
  worker.on('completed', (job, result) => console.log(job.id, JSON.stringify(result)));
  worker.on('failed', (job, error) => console.log(job?.id, 'failed:', error.message));
  process.once('SIGTERM', () => void worker.close());
}
