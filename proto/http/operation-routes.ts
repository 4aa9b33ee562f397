/** What every process of a run serves for those who operate it: metrics, and whether it lives and is ready. */
import { Registry } from 'prom-client';
import { type Route, textAnswer } from './route.js';

export interface OperationSources {
  /** Of what can be shown now. */
  registries(): readonly Registry[];
  /** Brings gauges up to date that are read when somebody asks. */
  refresh(): void | Promise<void>;
  /** Why it can't take part yet, or not any more; undefined when it does. */
  notReady(): string | undefined;
}

export function operationRoutes({ registries, refresh, notReady }: OperationSources): Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      async handle() {
        await refresh();
        const texts = await Promise.all(registries().map((registry) => registry.metrics()));
        return { type: Registry.PROMETHEUS_CONTENT_TYPE, body: texts.join('') };
      },
    },
    // An event loop that answers is all there is to it: whether training goes on is for alerts to say.
    { method: 'GET', path: '/healthz', handle: () => textAnswer(200, 'ok') },
    {
      method: 'GET',
      path: '/readyz',
      handle() {
        const reason = notReady();
        return reason === undefined ? textAnswer(200, 'ready') : textAnswer(503, `not ready: ${reason}`);
      },
    },
  ];
}
