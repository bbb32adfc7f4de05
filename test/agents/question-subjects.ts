/** What some questions are about, for tests that put every question: one learner leads, and forms were asked for. */
export const questionSubjects = {
  'model.ensemble': {
    best: { learner: 'trees', score: 0.8 },
    blend: [{ learner: 'trees', weight: 1 }],
    gain: 0,
    standardError: 0.1,
    criterion: 'rocAuc',
    isLimited: false,
  },
  'model.balance': { metric: 'f1', classes: 2, asked: 'balanced', source: 'prompt' },
  'model.forms': {
    forms: [
      {
        form: 'int8',
        sizeBytesBefore: 30_000,
        sizeBytes: 17_000,
        rows: 275,
        maxDifference: 0.02,
        tolerance: 0.25,
        score: 0.98,
        loss: 0.001,
        toleratedLoss: 0.006,
      },
      {
        form: 'javascript',
        sizeBytesBefore: 30_000,
        sizeBytes: 62_000,
        rows: 275,
        maxDifference: 1e-7,
        tolerance: 1e-5,
      },
    ],
    float32: { sizeBytes: 30_000, score: 0.981, isAsked: false },
    limits: {},
  },
};
