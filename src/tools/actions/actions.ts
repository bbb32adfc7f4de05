/** Every action by name, loaded when first called. */
export const actions = {
  collect: async () => (await import('./collect.ts')).collect,
  cells: async () => (await import('./cells.ts')).cells,
  split: async () => (await import('./split.ts')).split,
  clean: async () => (await import('./clean.ts')).clean,
  check: async () => (await import('./check.ts')).check,
  prepare: async () => (await import('./prepare.ts')).prepare,
  backend: async () => (await import('./backend.ts')).backend,
  learners: async () => (await import('./learners.ts')).learners,
  pace: async () => (await import('./pace.ts')).pace,
  propose: async () => (await import('./propose.ts')).propose,
  trial: async () => (await import('./trial.ts')).trial,
  combine: async () => (await import('./combine.ts')).combine,
  decide: async () => (await import('./decide.ts')).decide,
  refit: async () => (await import('./refit.ts')).refit,
  weigh: async () => (await import('./weigh.ts')).weigh,
  'judge-forms': async () => (await import('./judge-forms.ts')).judgeForms,
  freeze: async () => (await import('./freeze.ts')).freeze,
  convert: async () => (await import('./convert.ts')).convert,
  nested: async () => (await import('./nested.ts')).nested,
  explain: async () => (await import('./explain.ts')).explain,
  importance: async () => (await import('./importance.ts')).importance,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  judge: async () => (await import('./judge.ts')).judge,
  measure: async () => (await import('./measure.ts')).measure,
  recompute: async () => (await import('./recompute.ts')).recompute,
  describe: async () => (await import('./describe.ts')).describe,
  report: async () => (await import('./report.ts')).report,
} as const;

/** The name of an action. */
export type ActionName = keyof typeof actions;

type Loaded<Name extends ActionName> = Awaited<ReturnType<(typeof actions)[Name]>>;

/** What an action takes. */
export type InputOf<Name extends ActionName> = Parameters<Loaded<Name>['run']>[0];

/** What an action gives. */
export type OutputOf<Name extends ActionName> = Awaited<ReturnType<Loaded<Name>['run']>>;
