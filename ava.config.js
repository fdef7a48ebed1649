// The tests run as compiled JavaScript: the same code that ships, and worker threads need no loader.
export default {
  files: ['build/test/**/*.test.js'],
  workerThreads: false,
  timeout: '60s',
  nodeArguments: ['--enable-source-maps'],
};
