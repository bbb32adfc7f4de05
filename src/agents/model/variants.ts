import type { Member } from './ensemble.ts';
import type { Fitted } from './fit-variant.ts';
import type { Searched } from './search.ts';

/** A network that is trained for fewer epochs is no smaller. */
const network = 'network';

/** A smaller form of the model that is worth measuring. */
export interface VariantPlan {
  readonly id: string;
  readonly what: string;
  readonly members: readonly Member[];
}

/**
 * Smaller forms of a fitted model: fewer iterations, fewer features, and where the original exceeds a limit also much fewer
 * iterations and the best model without any.
 */
export function variantsOf(original: Fitted, exceeds: boolean, { ranking }: Searched): VariantPlan[] {
  const plans: VariantPlan[] = [];
  const cut = (share: number, id: string, what: string) => {
    const isCut = ({ learner, iterations }: Member) =>
      learner !== network && iterations !== undefined && iterations * share >= 5;
    if (!original.members.some(isCut)) return;
    plans.push({
      id,
      what,
      members: original.members.map((member) =>
        member.iterations === undefined || member.learner === network
          ? member
          : { ...member, iterations: Math.max(5, Math.round(member.iterations * share)) },
      ),
    });
  };
  cut(0.5, 'half-iterations', 'with half of the iterations');
  if (exceeds) {
    cut(0.25, 'quarter-iterations', 'with a quarter of the iterations');
    cut(0.1, 'tenth-iterations', 'with a tenth of the iterations');
    const linear = ranking.find(({ learner, iterations }) => learner !== 'baseline' && iterations === undefined);
    if (linear !== undefined) {
      const { cost: _cost, ...member } = linear;
      plans.push({
        id: 'linear',
        what: `as the best ${linear.learner} model alone`,
        members: [{ ...member, weight: 1 }],
      });
    }
  }
  const kept = featuresThatMatter(original);
  if (kept !== undefined) {
    plans.push({
      id: 'fewer-features',
      what: `with ${kept.length} of ${original.members[0]!.importance.length} features`,
      members: original.members.map((member) => ({ ...member, features: kept })),
    });
  }
  return plans;
}

/** The features that carry 99 % of the importance, where that leaves a fifth or more of them out. */
function featuresThatMatter({ members }: Fitted): number[] | undefined {
  const count = members[0]!.importance.length;
  if (count < 8) return undefined;
  const sums = Array.from({ length: count }, (_, feature) =>
    members.reduce((sum, { importance, weight }) => sum + weight * importance[feature]!, 0),
  );
  const order = sums.map((_, feature) => feature).sort((a, b) => sums[b]! - sums[a]! || a - b);
  const total = sums.reduce((a, b) => a + b, 0);
  const kept: number[] = [];
  let carried = 0;
  for (const feature of order) {
    if (carried >= 0.99 * total) break;
    kept.push(feature);
    carried += sums[feature]!;
  }
  return kept.length > 0 && kept.length <= 0.8 * count ? kept.sort((a, b) => a - b) : undefined;
}
