// npm run demo: trains on the two example files, writes a report each, and predicts over HTTP.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'traineragent-out/demo') },
    budget: { type: 'string', default: 'normal' },
  },
});

const budget = Number(options.budget) > 0 ? { workUnits: Number(options.budget) } : options.budget;

const isTty = process.stdout.isTTY === true && process.env.TERM !== 'dumb';
const hasColours = isTty && (process.env.NO_COLOR ?? '') === '';
const paint = (code) => (text) => (hasColours ? `\u001b[${code}m${text}\u001b[0m` : text);
const [bold, dim, green, yellow, red] = [1, 2, 32, 33, 31].map(paint);
const say = (text = '') => process.stdout.write(`${text}\n`);
/** Writes over the line under way; where there is no terminal, progress is left out. */
const live = (text) => isTty && process.stdout.write(`\r\u001b[K${text}`);

const digits = (value) => String(Number(value.toPrecision(3)));
const rounded = (_key, value) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
const shown = (path) => relative(process.cwd(), path) || path;

const verdictNames = {
  accept: 'Accepted',
  'accept-with-warning': 'Accepted, with a warning',
  'counter-offer': 'Counter-offer',
  clarify: 'Waiting for an answer',
  reject: 'Declined',
};
const metricNames = { balancedAccuracy: 'balanced accuracy', rmse: 'RMSE' };
const jobs = [
  {
    name: 'penguins',
    prompt: 'Predict the species of a penguin.',
    record: {
      island: 'Biscoe',
      bill_length_mm: 47.5,
      bill_depth_mm: 14.2,
      flipper_length_mm: 217,
      body_mass_g: 5050,
      sex: null,
      year: 2009,
    },
  },
  {
    name: 'cars',
    prompt: 'Predict the miles per gallon of a car.',
    record: {
      Cylinders: 4,
      Displacement: 120,
      Horsepower: 88,
      Weight_in_lbs: 2700,
      Acceleration: 16,
      Year: '1980-01-01',
      Origin: 'Japan',
    },
  },
];

try {
  await main();
} catch (error) {
  live('');
  process.stderr.write(`${red('✗')} ${error.message}${error.code ? dim(` [${error.code}]`) : ''}\n`);
  process.exitCode = 1;
}

async function main() {
  await needRuntime();
  if (!['index.js', 'child.js', 'predict-child.js'].every((file) => existsSync(join(root, 'dist', file)))) build();
  const { Trainer } = await import(pathToFileURL(join(root, 'dist/index.js')).href);
  const trainer = new Trainer();
  await mkdir(options.out, { recursive: true });
  say(bold('traineragent: two trainings on this machine, with no key and no network'));
  const outcomes = [];
  for (const job of jobs) outcomes.push(await train(trainer, job));
  await predictOverHttp(outcomes);
  say(`\nOpen a report in a browser, or train on data of yours:`);
  say(`  node dist/cli.js train "Predict …" --data FILE`);
}

async function train(trainer, { name, prompt }) {
  say(`\n${bold(`“${prompt}”`)} ${dim(`examples/data/${name}.csv`)}`);
  const run = trainer.run({ prompt, data: join(root, `examples/data/${name}.csv`), budget });
  let trials = 0;
  try {
    for await (const event of run) {
      if (event.type === 'trial-end') trials++;
      if (event.type === 'stage-start' || event.type === 'trial-end')
        live(dim(`  ${event.stage ?? 'model.search'}${trials > 0 ? `, ${trials} trials` : ''}`));
    }
  } finally {
    live('');
  }
  const outcome = await run.result;
  const { verdict, scores, baseline, seconds, resources } = outcome.facts;
  say(`  ${verdict.kind === 'accept' ? green('●') : yellow('●')} ${verdictNames[verdict.kind]}`);
  for (const reason of verdict.reasons) say(`    ${dim(reason.message.split(' What can be done:')[0])}`);
  if (outcome.status !== 'complete') throw new Error(`Expected a model of ${name}, but the run is ${outcome.status}.`);
  const [score] = scores;
  const guess = baseline?.scores.find(({ metric }) => metric === score.metric);
  say(
    `    ${metricNames[score.metric]} ${bold(digits(score.value))} on test rows it had never seen ` +
      `(95 % interval ${digits(score.low)} to ${digits(score.high)}); without any input ${digits(guess.value)}`,
  );
  const [model, report] = ['onnx', 'html'].map((ending) => join(options.out, `${name}.${ending}`));
  await outcome.model.save(model);
  await writeFile(report, await outcome.report());
  say(`    ${trials} trials in ${digits(seconds)} s, one file of ${digits(resources.sizeBytes / 1000)} kB`);
  say(`    ${shown(model)}\n    ${shown(report)}`);
  return outcome;
}

async function predictOverHttp(outcomes) {
  say(`\n${bold('Over HTTP')}`);
  for (const [index, outcome] of outcomes.entries()) {
    const server = await outcome.deploy({ port: 0 });
    try {
      const response = await fetch(`${server.url}/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(jobs[index].record),
      });
      if (!response.ok) throw new Error(`Expected a prediction, got ${response.status}: ${await response.text()}`);
      const { predictions } = await response.json();
      say(`  POST ${server.url}/v1/predict`);
      say(dim(`  ${JSON.stringify(jobs[index].record)}`));
      say(`  ${green(String(response.status))} ${JSON.stringify(predictions[0], rounded)}`);
    } finally {
      await server.close();
      await outcome.model[Symbol.asyncDispose]();
    }
  }
}

/** Fails before anything is trained where the model could not be run. */
async function needRuntime() {
  try {
    await import('onnxruntime-node');
  } catch (cause) {
    throw new Error(
      `The demo needs ONNX Runtime, which is not installed here or has no library for ${process.platform}-${process.arch}.\n` +
        '  Type: npm i onnxruntime-node --no-save --ignore-scripts',
      { cause },
    );
  }
}

function build() {
  say(dim('Building once…'));
  const tsup = join(dirname(createRequire(import.meta.url).resolve('tsup/package.json')), 'dist/cli-default.js');
  const env = { ...process.env, TSUP_CODE_ONLY: '1' };
  execFileSync(process.execPath, [tsup, '--silent'], { cwd: root, stdio: 'inherit', env });
}
