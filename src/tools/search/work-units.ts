/** How much a run may compute. */
export type BudgetName = 'quick' | 'normal' | 'thorough';

/**
 * Work units of each budget: one is a million counted operations, about a millisecond of one core. They come to about 10,
 * 60 and 600 seconds on two cores for 10,000 rows of 20 columns.
 */
export const budgetUnits: Readonly<Record<BudgetName, number>> = { quick: 10_000, normal: 60_000, thorough: 600_000 };
