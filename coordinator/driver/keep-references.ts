/**
 * Reference log-probs of an adapter run, from the steps that met them first to those that use them again: later epochs,
 * steps made again, and runs to come.
 */
import { needsReference } from '../../core/kto.js';
import { addCommon } from '../reference-cache/common.js';
import type { ReferenceLine, ReferenceLog } from '../reference-cache/log.js';
import { fillTable, known, type RunReferences } from '../reference-cache/table.js';
import type { DriverContext } from './context.js';
import type { StepAtWork } from './step-at-work.js';

export interface Keeper {
  /** Puts what the step is the first to use on the disk, once. All leaves must be there. @throws STORAGE */
  log(work: StepAtWork): Promise<void>;
  /** The step is committed. */
  keep(work: StepAtWork): void;
}

export function createKeeper(
  { config, references, common, live }: Pick<DriverContext, 'config' | 'references' | 'common' | 'live'>,
  referenceLog: Pick<ReferenceLog, 'append'>,
): Keeper {
  // Live rows are used once.
  const keeps = config.method === 'lora' && needsReference(config.loss.type) && !live;
  let logged: { readonly work: StepAtWork; readonly done: Promise<void> } | undefined;
  return {
    log(work) {
      if (logged?.work === work) return logged.done;
      const news = newsOf(usedBy(work), references);
      const isNews = news.rows.length + news.pairs.length > 0;
      const done = keeps && isNews ? referenceLog.append(news) : Promise.resolve();
      // Whoever waits for it hears of it.
      done.catch(() => undefined);
      logged = { work, done };
      return done;
    },
    keep(work) {
      if (!keeps) return;
      const used = usedBy(work);
      fillTable(references.train, used);
      if (common) addCommon(common, used);
    },
  };
}

function usedBy(work: StepAtWork): ReferenceLine {
  const { step, attempt, plan } = work;
  const scores = work.scores();
  return {
    step,
    attempt,
    rows: scores.map(({ row }) => row),
    logps: scores.map(({ referenceLogp }) => referenceLogp),
    pairs: plan.pairPlaces,
    pairLogps: work.pairScores().map(({ referenceLogp }) => referenceLogp),
  };
}

/** What the run has not used before, also when a cache knew it: the run must not need the cache when it goes on. */
function newsOf({ step, attempt, rows, logps, pairs, pairLogps }: ReferenceLine, { train }: RunReferences) {
  const isNewRow = (i: number) => known(train.matched, rows[i]!) === undefined;
  const isNewPair = (i: number) => known(train.mismatched, pairs[i]!) === undefined;
  return {
    step,
    attempt,
    rows: rows.filter((_, i) => isNewRow(i)),
    logps: logps.filter((_, i) => isNewRow(i)),
    pairs: pairs.filter((_, i) => isNewPair(i)),
    pairLogps: pairLogps.filter((_, i) => isNewPair(i)),
  };
}
