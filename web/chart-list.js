/** Which curves there are. A band is what lies between two values of each bucket. */

export const CHARTS = [
  {
    title: 'Loss',
    unit: '',
    curves: [{ name: 'loss', label: 'loss', color: '--curve', band: 'loss' }],
    evaluation: 'loss',
  },
  {
    title: 'Rewards',
    unit: 'β × log-ratio',
    curves: [
      { name: 'rewards/chosen', label: 'good', color: '--curve-good', band: 'rewards/chosen' },
      { name: 'rewards/rejected', label: 'bad', color: '--curve-bad', band: 'rewards/rejected', isDashed: true },
    ],
  },
  {
    title: 'Margin',
    unit: 'good − bad',
    curves: [{ name: 'rewards/margins', label: 'margin', color: '--accent', band: 'rewards/margins' }],
    evaluation: 'rewards/margins',
  },
  {
    title: 'Reference point (kl)',
    unit: 'nats',
    curves: [
      { name: 'kl/raw', label: 'raw', bandLabel: ' ± standard error', color: '--curve-raw', band: 'kl/band' },
      { name: 'kl', label: 'clamped at 0', color: '--accent', isDashed: true },
    ],
  },
  {
    title: 'Gradient norm',
    unit: 'before clipping',
    curves: [{ name: 'grad_norm', label: 'norm', color: '--curve', band: 'grad_norm' }],
  },
  {
    title: 'Speed',
    unit: 'tokens/s',
    curves: [{ name: 'tokens_per_second', label: 'tokens/s', color: '--curve', band: 'tokens_per_second' }],
  },
];

/** Runs laid over each other: a colour each, without bands, so that four are still told apart. */
export const RUN_COLORS = ['--accent', '--curve-bad', '--curve-good', '--curve-raw', '--curve', '--beware'];
