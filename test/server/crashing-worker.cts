// Loaded into a server and its workers before their own code (node --require): a worker ends as soon as it begins, while
// there is a file `crash` in the folder where it runs. CommonJS for the reason of test/faults/inject.cts.

// Node's types know it as an ES module.
const cluster = process.getBuiltinModule('node:cluster') as unknown as import('node:cluster').Cluster;
const fs: typeof import('node:fs') = process.getBuiltinModule('node:fs');

if (cluster.isWorker && fs.existsSync('crash')) process.exit(7);
