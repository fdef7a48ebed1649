// What a worker process of `sshome serve --workers` runs; started by cluster/workers.ts alone.

import { runWorker } from './server/worker.ts';

await runWorker();
