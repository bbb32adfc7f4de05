/** What the question of the ensemble is about, where one learner leads and blending gains nothing. */
export const ensembleSubject = {
  best: { learner: 'trees', score: 0.8 },
  blend: [{ learner: 'trees', weight: 1 }],
  gain: 0,
  standardError: 0.1,
  criterion: 'rocAuc',
  isLimited: false,
};
