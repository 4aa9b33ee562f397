/** The points of a run's curves as buckets of steps, to which new steps are added as the coordinator would. */

/** So many steps more than were asked for are kept in the same buckets. */
const GROWTH = 2;

/** One standard error around the raw reference point: the mean of each edge. */
const BAND = 'kl/band';

/** Buckets for a screen: about one for every two pixels. */
export const BUCKETS = 500;

/** @param loaded the coordinator's answer; it becomes the curves' own. */
export function createCurveData(loaded) {
  const { from, size, steps, curves } = loaded;
  return {
    steps,
    curves,
    /** Where there are too many points, they are better loaded anew. */
    isFull: () => steps.length > GROWTH * BUCKETS,
    last: () => steps.at(-1) ?? from - 1,
    /** @param news `{from, values}`: a list for each metric. */
    add(news) {
      const length = news.values.loss.length;
      for (let i = 0; i < length; i++) {
        const step = news.from + i;
        const bucket = Math.floor((step - from) / size);
        const before = step - from - bucket * size;
        const isNew = bucket === steps.length;
        steps[bucket] = step;
        for (const [name, curve] of Object.entries(curves)) {
          if (isNew) for (const column of [curve.mean, curve.low, curve.high]) column.push(null);
          if (name === BAND) extendBand(curve, bucket, before, news.values['kl/raw'][i], news.values['kl/stderr'][i]);
          else extend(curve, bucket, before, news.values[name][i]);
        }
      }
    },
  };
}

/** @param before steps that the bucket holds already. */
function extend(curve, bucket, before, value) {
  if (value === null) return;
  const known = curve.mean[bucket];
  curve.mean[bucket] = meanOf(known, before, value);
  curve.low[bucket] = known === null ? value : Math.min(curve.low[bucket], value);
  curve.high[bucket] = known === null ? value : Math.max(curve.high[bucket], value);
}

function extendBand(curve, bucket, before, raw, error) {
  if (raw === null || error === null) return;
  curve.mean[bucket] = meanOf(curve.mean[bucket], before, raw);
  curve.low[bucket] = meanOf(curve.low[bucket], before, raw - error);
  curve.high[bucket] = meanOf(curve.high[bucket], before, raw + error);
}

function meanOf(known, before, value) {
  return known === null ? value : (known * before + value) / (before + 1);
}
