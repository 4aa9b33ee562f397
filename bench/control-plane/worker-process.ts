/** Many light workers in one process. `worker-process.js ADDRESS FIRST COUNT`, as a child of the benchmark. */
import { takePart } from './light-worker.js';

/** Connections that are made at once: in a storm of them, keep-alive pings go unanswered. */
const AT_ONCE = 16;

const [coordinator, first, count] = process.argv.slice(2);
process.on('disconnect', () => process.exit());

const ids = Array.from({ length: Number(count) }, (_, i) => `worker-${Number(first) + i}`);
while (ids.length > 0) await Promise.all(ids.splice(0, AT_ONCE).map(welcomed));

function welcomed(workerId: string): Promise<void> {
  return new Promise((resolve) => {
    takePart(coordinator!, workerId, resolve).catch((error: Error) => {
      console.error(`${workerId}: ${error.message}`);
      process.exit(1);
    });
  });
}
