import { existsSync, readFileSync } from 'node:fs';
import { chooseLayout } from '../src/backends/onnx/layout/choose-layout.ts';
import { loadRuntime } from '../src/backends/onnx/load-runtime.ts';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { checkData } from '../src/backends/onnx/train/check-data.ts';
import { activationBytes, stateBytes } from '../src/backends/onnx/train/memory.ts';
import { planTraining } from '../src/backends/onnx/train/plan.ts';
import { sessionOpener } from '../src/backends/onnx/train/session.ts';
import { buildStep } from '../src/backends/onnx/train/step-graph.ts';
import { cases, makeData, training } from './engine-cases.ts';
import { miniLmCase } from './minilm.ts';

// Trains one network in a process of its own, so that the memory is this network's alone.
const [name, steps, python] = process.argv.slice(2) as [string, string, string];
const { rows, ...found } = cases.find((one) => one.name === name) ?? miniLmCase(python);
const task = { ...found, rows: Math.min(rows, 8 * found.batch) };
const megabytes = (bytes: number): number => bytes / 1024 / 1024;
const rss = (): number => megabytes(process.memoryUsage.rss());

const data = makeData(task);
const options = task.training ?? training(2);
const layout = await chooseLayout(sessionOpener(await loadRuntime()), task.layout);
const plan = planTraining(task.spec, options);
const targets = checkData(plan, data).targets.map(({ signature }) => signature);
const step = buildStep(plan, task.batch, targets, layout);
const estimate = megabytes(stateBytes(plan) + activationBytes(step));

globalThis.gc?.();
const before = rss();
const network = await onnxBackend({ layout: task.layout ?? 'auto' }).compile(task.spec, options);
const count = Math.floor(task.rows / task.batch);
const batches = Array.from({ length: count }, (_, k) =>
  Int32Array.from({ length: task.batch }, (_, i) => k * task.batch + i),
);
const grown: number[] = [];
const part = Math.ceil(Number(steps) / 4);
for (let made = 0; made < Number(steps); ) {
  const some = Array.from({ length: Math.min(part, Number(steps) - made) }, (_, i) => batches[(made + i) % count]!);
  await network.steps(data, some);
  made += some.length;
  grown.push(rss());
}
// Linux hands `maxRSS` on from the process that started this one; the high-water mark of its own memory it keeps apart.
const own = existsSync('/proc/self/status') ? /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) : null;
const peak = Number(own?.[1] ?? process.resourceUsage().maxRSS) / 1024;
console.log(JSON.stringify({ before, peak, estimate, grown }));
await network[Symbol.asyncDispose]();
