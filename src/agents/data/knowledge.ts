/** How the Data agent's questions are weighed: standard operating procedures, in its system prompt. */
export const dataKnowledge = `# Procedures of the Data agent

## data.columns
1. Use what is known when a prediction is made. Leave out what names a row, repeats another column, or never changes.
2. If in doubt, use the column: learners weigh it, and the score shows what it is worth.

## data.leaks
1. A column gives the target away if it is the target under another name, is computed from it, or is written down only after the outcome is known.
2. A column that merely predicts well is no leak. Ask when it is known: before the outcome, keep it.
3. Names help: words like after, outcome, result, closed, paid, final or reason often tell of the time behind the outcome.

## data.sample
1. Take all rows where the plan does.
2. More rows matter most where there are many columns or rare classes.`;
