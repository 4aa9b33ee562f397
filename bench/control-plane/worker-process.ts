/** Many light workers in one process. `worker-process.js ADDRESS FIRST COUNT`, as a child of the benchmark. */
import { takePart } from './light-worker.js';

const [coordinator, first, count] = process.argv.slice(2);

process.on('disconnect', () => process.exit());
for (let i = 0; i < Number(count); i++) {
  takePart(coordinator!, `worker-${Number(first) + i}`).then(
    () => undefined,
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
}
