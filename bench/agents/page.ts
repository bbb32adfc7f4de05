import { type Arm, arms, type Result, signed } from './arms.ts';
import { pairedBootstrap, pairedOutcomes, signTest } from './statistics.ts';
import { tasks } from './tasks.ts';

/** All results of a model. */
export interface Measured {
  readonly model: string;
  readonly machine: string;
  readonly rows: number;
  readonly workUnits: number;
  readonly results: readonly Result[];
}

const names: Readonly<Record<Arm, string>> = {
  A0: 'A0 rules',
  A1: 'A1 one agent',
  A2: 'A2 four agents',
  A3: 'A3 four and a verifier',
};
const pairs: readonly (readonly [Arm, Arm])[] = [
  ['A0', 'A1'],
  ['A0', 'A2'],
  ['A1', 'A2'],
  ['A2', 'A3'],
];
const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const share = (results: readonly Result[], is: (one: Result) => boolean) =>
  `${results.filter(is).length} of ${results.length}`;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const digits = (value: number) => Number(value.toPrecision(3));

/** The page, from what was measured and nothing else. */
export function pageOf(all: readonly Measured[]): string {
  return [
    '# One agent or four',
    '',
    'Whether a language model decides better as one agent that sees everything, as four agents that each see their own, or as four with a verifier.',
    '`npm run bench -- agents` measures it; this page is written by it from',
    '[its results](single-or-multi.json), whichever way they fall.',
    '',
    'Each run is judged on 2,000 rows that are drawn after it from the same source. *Target met*: the score there is what the request asks for. *Claim wrong*: the final claim names another metric than was decided, or its 95 % interval does',
    'not hold the score on those rows (which happens by chance in some of the runs). *Planted*: one wrong field in one message between stages: another metric in the task, an input that is missing, or scores of the search that are better than',
    'measured. *Recovered*: with a planted fault the claim is right and the target is met. Calls, tokens and seconds of a call are counted in each arm, also where the same text was asked before and the reply kept.',
    ...all.flatMap(sectionOf),
    '',
  ].join('\n');
}

function sectionOf({ model, machine, rows, workUnits, results }: Measured): string[] {
  const of = (arm: Arm, isPlanted: boolean) =>
    results.filter((one) => one.arm === arm && (one.fault !== 'none') === isPlanted);
  const kinds = new Set(results.map(({ task }) => task));
  const seeds = new Set(results.map(({ seed }) => seed));
  const planted = [...new Set(results.map(({ fault }) => fault))].filter((fault) => fault !== 'none');
  return [
    '',
    `## ${model}`,
    '',
    `${kinds.size} ${kinds.size === 1 ? 'task' : 'tasks'} (${[...kinds].join('; ')}), ${seeds.size} ${seeds.size === 1 ? 'seed' : 'seeds'} of data, ${rows} rows, ${workUnits} units of work. ${machine}.`,
    '',
    line([
      'arm',
      'target met',
      'claim wrong',
      'sent back',
      'calls',
      'input tokens',
      'output tokens',
      'seconds of calls',
    ]),
    line(['---', ...Array.from({ length: 7 }, () => '---:')]),
    ...arms.map((arm) => {
      const own = of(arm, false);
      return line([
        names[arm],
        share(own, (one) => one.targetMet),
        share(own, (one) => one.claimWrong),
        own.reduce((sum, one) => sum + one.sentBack, 0),
        ...(['calls', 'inputTokens', 'outputTokens'] as const).map((key) => digits(mean(own.map((one) => one[key])))),
        digits(mean(own.map((one) => one.milliseconds / 1000))),
      ]);
    }),
    '',
    'Calls, tokens and seconds are means of a run; seconds of a model in this process are those of the processor.',
    '',
    line(['pair', 'gain in score (95 %)', 'better : worse', 'sign test', 'target met only by', "McNemar's test"]),
    line(['---', '---:', '---:', '---:', '---:', '---:']),
    ...pairs.map(([first, second]) => comparison(of(first, false), of(second, false), first, second)),
    '',
    'The gain is of the second, in shares of the score of the rules on the same data; intervals by the bootstrap of pairs, tests exact and two-sided.',
    '',
    line(['planted', ...arms.map((arm) => names[arm])]),
    line(['---', ...arms.map(() => '---:')]),
    ...planted.flatMap((fault) => {
      const own = (arm: Arm) => of(arm, true).filter((one) => one.fault === fault);
      return [
        line([`${fault}: claim wrong`, ...arms.map((arm) => share(own(arm), (one) => one.claimWrong))]),
        line([
          `${fault}: recovered`,
          ...arms.map((arm) => share(own(arm), (one) => one.status === 'complete' && !one.claimWrong && one.targetMet)),
        ]),
      ];
    }),
  ];
}

function comparison(before: readonly Result[], after: readonly Result[], first: Arm, second: Arm): string {
  const both = before.flatMap((one) => {
    const other = after.find(({ task, seed }) => task === one.task && seed === one.seed);
    return other === undefined ? [] : [[one, other] as const];
  });
  const metricOf = (name: string) => tasks.find((task) => task.name === name)!.metric;
  const differences = both.flatMap(([a, b]) => {
    if (a.score === undefined || b.score === undefined) return [];
    const metric = metricOf(a.task);
    return [(signed(metric, b.score) - signed(metric, a.score)) / Math.abs(a.score)];
  });
  const gain = differences.length === 0 ? undefined : pairedBootstrap(differences);
  const signs = signTest(differences);
  const met = pairedOutcomes(
    both.map(([a]) => a.targetMet),
    both.map(([, b]) => b.targetMet),
  );
  if (met.name !== 'mcnemar') throw new TypeError('Expected the test of McNemar.');
  return line([
    `${first} → ${second}`,
    gain === undefined ? '' : `${digits(gain.mean)} (${digits(gain.low)} to ${digits(gain.high)})`,
    `${signs.better} : ${signs.worse}`,
    digits(signs.pValue),
    `${met.onlyFirst} : ${met.onlySecond}`,
    digits(met.pValue),
  ]);
}
