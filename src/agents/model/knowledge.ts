/** How the Model agent's questions are weighed: standard operating procedures, in its system prompt. */
export const modelKnowledge = `# Procedures of the Model agent

## model.candidates
1. Try linear models and boosted trees unless the request says otherwise; the measured score decides.
2. Few rows or many columns favour linear models, many rows and interactions favour trees. The first in the list is tried first.

## model.configurations
1. Propose what the samples of the search are likely to miss: corners that fit the counts of rows and columns.
2. Few rows: more regularisation, shallow trees, larger leaves. Many rows: more leaves, smaller learning rate, more iterations.
3. Name only axes of the learner's space, with values within their bounds. An empty list is a good answer.

## model.balance
1. Count rows as they come unless the request wants otherwise: the rule of decision serves rare classes, and costs no probabilities.

## model.ensemble
1. A blend is worth its size only where its gain exceeds its standard error.

## model.compression
1. Keep the limits first, then the score, then the size.

## model.forms
1. Deliver what was asked for and loses no more than is tolerated; what loses more only where the request puts size above the score.
2. The smallest of them is the model, unless float32 was asked for too.

## model.calibration
1. Let the measurement decide. Few rows: sigmoid rather than isotonic.

## model.decision
1. Use the rule of the metric that was asked, unless that metric does not look at labels.`;
