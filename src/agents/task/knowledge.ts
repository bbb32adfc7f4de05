/** How the Task agent's questions are weighed: standard operating procedures, in its system prompt. */
export const taskKnowledge = `# Procedures of the Task agent

## task.target
1. Look for what the request wants to know in advance: the outcome, not what it is predicted from.
2. A column that is known only afterwards (churned, price sold, diagnosis) is a target. A name, number or date of a row is none.
3. If two columns fit equally well, take the first of \`likely\`.

## task.metric
1. Two classes: rocAuc where rows are ranked; averagePrecision or f1 where the wanted class is rare; logLoss where probabilities are used.
2. More classes: balancedAccuracy where each class matters alike, accuracy where each row does.
3. Numbers: rmse where large errors are worse, mae where all errors count alike, mape where errors are relative and no value is near 0.
4. Give a threshold only where the request asks for one.

## task.plan
1. Keep the usual order: split, clean, baseline, learners, then ensemble, calibration, threshold and compression where they serve the request.
2. Few rows: more repeats, fewer trials. Many rows: fewer folds, a sample for search.

## task.next
1. Go on where the score meets the threshold, or where the last trials gained less than the standard error.
2. Search on only where it can and the score still rises. Learn from more rows only where there are more.
3. Stop only where nothing beats the baseline.

## task.drift
1. A column that went missing is first of all a fault to look for where the data come from: check-source.
2. Outcomes outweigh everything else: retrain where they are worse, keep where enough of them are as good as before.
3. Without outcomes, retrain where predictions moved or unknown values came; collect-outcomes where only columns moved.`;
