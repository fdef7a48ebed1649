#!/usr/bin/env node
// What `sshome` starts with, and the only CommonJS here: Node reads ES modules with libuv's threads, and their number is
// settled by the first use. Four are Node's default, too few for a disk that is slow (src/storage/turns.ts).

process.env['UV_THREADPOOL_SIZE'] ??= '64';

void import('./main.js');
