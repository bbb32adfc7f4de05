/** What a backend can do, as plain JSON. */
export interface CapabilityFacts {
  readonly train: boolean;
  readonly predict: boolean;
  readonly dtypes: readonly string[];
  readonly devices: readonly string[];
  readonly deterministic: boolean;
}

/** What is asked of a backend; what is left out is not asked. */
export interface BackendNeed {
  readonly train?: boolean;
  readonly predict?: boolean;
  /** All of these. */
  readonly dtypes?: readonly string[];
  readonly device?: string;
  /** The same bits for the same numbers. */
  readonly deterministic?: boolean;
}

/** What a run asks of the backend that its networks train on, and of the one that its models are judged on. */
export const runNeeds = {
  train: { train: true, dtypes: ['float32', 'int64'] },
  predict: { predict: true, dtypes: ['float32', 'float64', 'int64', 'string'] },
} as const satisfies Readonly<Record<string, BackendNeed>>;

/** What a backend lacks of a need, in words that follow "it": `has no tensors of string`. Empty where it fits. */
export function lackingOf(able: CapabilityFacts, need: BackendNeed): readonly string[] {
  const lacking: string[] = [];
  if (need.train === true && !able.train) lacking.push('does not train');
  if (need.predict === true && !able.predict) lacking.push('does not predict');
  const dtypes = (need.dtypes ?? []).filter((dtype) => !able.dtypes.includes(dtype));
  if (dtypes.length > 0) lacking.push(`has no tensors of ${dtypes.join(', ')}`);
  if (need.device !== undefined && !able.devices.includes(need.device))
    lacking.push(`has no device ${need.device} (it has ${able.devices.join(', ') || 'none'})`);
  if (need.deterministic === true && !able.deterministic) lacking.push('does not give the same bits each time');
  return lacking;
}
