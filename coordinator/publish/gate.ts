/** Whether a version becomes the current one. A pure decision. */
import type { AdapterEvaluation } from '../../core/adapters/manifest.js';
import type { GateConfig } from '../../core/config/publish.js';

export interface Verdict {
  readonly promoted: boolean;
  /** For a person, either way. */
  readonly reason: string;
}

/** What versions are compared with. */
export interface Standard {
  readonly version: number;
  readonly evaluation: AdapterEvaluation | null;
}

const MEASURES = { margin: 'rewards/margins', chosen: 'rewards/chosen' } as const;
const DIGITS = 4;

/** @param last the last promoted version of the run; undefined for the first, whose standard is the base: its rewards are 0. */
export function judge(
  evaluation: AdapterEvaluation | null,
  last: Standard | undefined,
  gate: GateConfig | undefined,
): Verdict {
  if (!gate) return { promoted: true, reason: 'there is no gate' };
  const name = MEASURES[gate.measure];
  const value = evaluation?.[name] ?? null;
  if (value === null) return { promoted: false, reason: `there is no held-out ${name} to judge it by` };
  const standard = last?.evaluation?.[name] ?? 0;
  const promoted = value >= standard - gate.tolerance;
  const than = last ? `${standard.toFixed(DIGITS)} of version ${last.version}` : '0 of the base model';
  const relation = promoted ? 'is not below' : 'is below';
  return {
    promoted,
    reason: `held-out ${name} ${value.toFixed(DIGITS)} ${relation} ${than} by more than ${gate.tolerance}`,
  };
}
