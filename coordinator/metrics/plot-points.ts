/** The points of the plot: what is kept of a step, and fewer of them where a run is long. */
import type { StepMetrics } from './step-metrics.js';

/** What is drawn of a step; a run may keep this alone. */
export type PlotPoint = Pick<
  StepMetrics,
  'step' | 'loss' | 'rewards/chosen' | 'rewards/rejected' | 'rewards/margins' | 'kl' | 'kl/raw' | 'kl/stderr'
>;

/** At most `most` points: each the mean of neighbouring ones, at the last one's step. */
export function thin(points: readonly PlotPoint[], most: number): PlotPoint[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return [...points];
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, index) =>
    points.slice(index * size, (index + 1) * size),
  );
  return groups.map((group) => {
    const meanOf = (name: keyof PlotPoint) => {
      const values = group.map((point) => point[name]).filter((value) => value !== null);
      return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length;
    };
    return {
      step: group.at(-1)?.step ?? 0,
      loss: meanOf('loss') ?? 0,
      kl: meanOf('kl') ?? 0,
      'kl/raw': meanOf('kl/raw') ?? 0,
      'kl/stderr': meanOf('kl/stderr'),
      'rewards/chosen': meanOf('rewards/chosen'),
      'rewards/rejected': meanOf('rewards/rejected'),
      'rewards/margins': meanOf('rewards/margins'),
    };
  });
}
