import type { BudgetName } from './request.ts';

/**
 * Work units of the named budgets. A unit is a million counted operations, about a millisecond on two cores, so these
 * are about 10, 60 and 600 seconds for 10,000 rows × 20 columns.
 */
export const budgetUnits: Readonly<Record<BudgetName, number>> = { quick: 10_000, normal: 60_000, thorough: 600_000 };

/** What a run may spend on search, and what it has spent. Counted, so that the same request makes the same trials anywhere. */
export class Budget {
  readonly workUnits: number;
  #spent = 0;

  constructor(workUnits: number) {
    this.workUnits = workUnits;
  }

  get spent(): number {
    return this.#spent;
  }

  get left(): number {
    return Math.max(0, this.workUnits - this.#spent);
  }

  spend(workUnits: number): void {
    this.#spent += workUnits;
  }
}
