/** One test of a conformance suite: `run` throws (or rejects) where the contract is broken. */
export interface ConformanceTest {
  readonly name: string;
  run(): Promise<void>;
}
