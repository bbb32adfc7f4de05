import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { arms, type Result, runArm } from './agents/arms.ts';
import { faults } from './agents/faults.ts';
import { asksOnce, benchModel } from './agents/model.ts';
import { type Measured, pageOf } from './agents/page.ts';
import { tasks } from './agents/tasks.ts';
import { type Bench, makeRow, type Row } from './row.ts';

const folder = fileURLToPath(new URL('../docs/experiments/', import.meta.url));
const rows = 240;
const workUnits = 60;

/**
 * `TRAINERAGENT_MODEL` names the model (see `benchModel`), `TRAINERAGENT_SEEDS` the number of data sets a task (2, quick: 1),
 * `TRAINERAGENT_TASKS` that of tasks (3, quick: 1), and `TRAINERAGENT_SKIP` that of tasks before them (0); `TRAINERAGENT_RECORD=1` writes the page and its results anew for this model.
 */
const bench: Bench = {
  name: 'agents',
  about: 'One agent or four: rules, one agent, four agents, four and a verifier; with faults planted.',
  async run({ quick }) {
    const name = process.env.TRAINERAGENT_MODEL ?? 'smollm2';
    const model = await benchModel(name);
    const shared = asksOnce(model);
    const seeds = Number(process.env.TRAINERAGENT_SEEDS ?? (quick ? 1 : 2));
    const count = Number(process.env.TRAINERAGENT_TASKS ?? (quick ? 1 : tasks.length));
    const skip = Number(process.env.TRAINERAGENT_SKIP ?? 0);
    const results: Result[] = [];
    const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
    const measured: Measured = { model: model.name, machine, rows, workUnits, results };
    for (let seed = 1; seed <= seeds; seed++) {
      for (const [i, task] of tasks.slice(skip, skip + count).entries()) {
        // Each fault meets each task over the seeds; all three would take thrice as long.
        const fault = faults[(skip + i + seed) % faults.length]!;
        for (const planted of [undefined, fault]) {
          for (const arm of arms) {
            const result = await runArm(arm, task, seed, planted, { model: shared, rows, workUnits });
            results.push(result);
            console.error(
              `${arm} ${task.name}, seed ${seed}, ${result.fault}: ${result.status}, ${result.score?.toPrecision(3)}, ${result.calls} calls, ${result.seconds.toFixed(0)} s`,
            );
          }
        }
        // After each task: what a long run has measured is kept where it is stopped.
        if (process.env.TRAINERAGENT_RECORD === '1') record(measured);
      }
    }
    await (model as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
    return rowsOf(results);
  },
};

function record(measured: Measured): void {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}single-or-multi.json`;
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Measured[]) : [];
  const same = before.find(({ model }) => model === measured.model);
  // Other tasks and seeds that this model was measured on stay: a run of hours may be made in parts.
  const others = (same?.results ?? []).filter(
    (one) => !measured.results.some(({ task, seed }) => task === one.task && seed === one.seed),
  );
  const whole = { ...measured, results: [...others, ...measured.results] };
  const all = [...before.filter((one) => one !== same), whole];
  writeFileSync(path, `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(`${folder}single-or-multi.md`, pageOf(all));
}

/** No arm with a model may be worse than rules in what is claimed: that is what the checks are for. */
function rowsOf(results: readonly Result[]): Row[] {
  const wrong = (arm: string) =>
    results.filter((one) => one.arm === arm && one.fault === 'none' && one.claimWrong).length;
  const runs = results.filter((one) => one.arm === 'A0' && one.fault === 'none').length;
  return arms.slice(1).map((arm) =>
    makeRow({
      bench: 'agents',
      case: `${arm}, ${runs} runs without a fault`,
      metric: 'wrong claims, beside those of the rules',
      ours: wrong(arm),
      peer: wrong('A0'),
      ratio: (wrong(arm) - wrong('A0')) / runs,
      must: '<= 0.25',
    }),
  );
}

export default bench;
