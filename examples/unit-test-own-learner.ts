// Holds learners of one's own to what every learner keeps. Each test is a { name, run } for any test runner: `it(name, run)`.
import { onnxBackend } from 'traineragent/engine';
import { learnerConformance } from 'traineragent/testing';
import naiveBayes from './own-learner/naive-bayes.js';
import shallow from './own-network-learner/shallow.js';

const backend = onnxBackend(); // runs the exported graphs, and trains what is a network
for (const learner of [naiveBayes, shallow]) {
  const tests = learnerConformance(learner, { backend });
  for (const { run } of tests) await run(); // throws where the learner does not keep it
  console.log(`${learner.name}: ${tests.length} tests passed`);
}
