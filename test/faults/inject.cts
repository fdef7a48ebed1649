// Loaded into a server before its own code (node --require): system calls on files below a folder fail, or stall, as the
// file TEST_FAULTS says at that moment. The server's code is the one that ships. CommonJS, as src/main.cts, and for the
// same reason: it must not start libuv's threads.

const fs: typeof import('node:fs') = process.getBuiltinModule('node:fs');
const modules: typeof import('node:module') = process.getBuiltinModule('node:module');
const paths: typeof import('node:path') = process.getBuiltinModule('node:path');
const os: typeof import('node:os') = process.getBuiltinModule('node:os');

const CALLS = ['read', 'write', 'fsync', 'close', 'ftruncate'] as const;

/** Calls on names, made at once while the disk is prompt, and else in a thread. */
type NameCall = 'unlink' | 'open';

/** What goes wrong with the calls on files whose host path begins with `under`. */
export interface Fault {
  readonly call: (typeof CALLS)[number] | NameCall;
  readonly under: string;
  /** The errno it fails with. */
  readonly errno?: keyof typeof os.constants.errno;
  /** Instead: a FIFO that it waits for, where the call is made, until somebody opens it for writing. */
  readonly stall?: string;
}

type Callback = (error: Error | null, bytes?: number) => void;
type Call = (...words: unknown[]) => void;

const file = process.env['TEST_FAULTS'] ?? '';

/** @param on a descriptor, or a path through one */
function faultOf(call: string, on: unknown): Fault | undefined {
  let faults: Fault[];
  let path: string;
  try {
    faults = JSON.parse(fs.readFileSync(file, 'utf8')) as Fault[];
    const [, descriptor, rest = ''] = /^\/proc\/\d+\/fd\/(\d+)(.*)$/.exec(String(on)) ?? ['', Number(on)];
    path = Number.isNaN(descriptor) ? paths.resolve(String(on)) : fs.readlinkSync(`/proc/self/fd/${descriptor}`) + rest;
  } catch {
    // No faults yet, or the file of faults is just being written.
    return undefined;
  }
  return faults.find((fault) => fault.call === call && path.startsWith(fault.under));
}

function failure(call: string, name: keyof typeof os.constants.errno): Error {
  const errno = -os.constants.errno[name];
  // Node has no name for this one.
  const code = name === 'EDQUOT' ? `Unknown system error ${errno}` : name;
  return Object.assign(new Error(`${code}: injected, ${call}`), { errno, code, syscall: call });
}

const { open, close } = fs;

for (const name of CALLS) {
  const original = fs[name] as unknown as Call;
  const patched: Call = (...words) => {
    const fault = faultOf(name, words[0]);
    if (fault === undefined) return original(...words);
    const callback = words.at(-1) as Callback;
    if (fault.stall !== undefined) {
      open(fault.stall, 'r', (error, descriptor) => {
        if (error) return callback(error);
        close(descriptor, () => original(...words));
      });
      return;
    }
    const error = failure(name, fault.errno ?? 'EIO');
    if (name === 'close') original(words[0], () => callback(error));
    else setImmediate(callback, error, 0);
  };
  Object.assign(fs, { [name]: patched });
}

// The calls that the server makes at once while the disk is prompt.
for (const name of ['closeSync', 'ftruncateSync'] as const) {
  const original = fs[name] as (...words: unknown[]) => void;
  const call = name.slice(0, -'Sync'.length);
  const patched = (...words: unknown[]): void => {
    const fault = faultOf(call, words[0]);
    if (fault === undefined || call === 'close') original(...words);
    if (fault !== undefined) throw failure(call, fault.errno ?? 'EIO');
  };
  Object.assign(fs, { [name]: patched });
}

const { openSync, closeSync, unlinkSync, promises } = fs;
const { open: openAside, unlink: unlinkAside } = promises;

// To look for a fault is to read a file.
let isLooking = false;
for (const name of ['readSync', 'writeSync'] as const) {
  const original = fs[name] as (...words: unknown[]) => number;
  const call = name.slice(0, -'Sync'.length);
  const patched = (...words: unknown[]): number => {
    if (isLooking) return original(...words);
    isLooking = true;
    const fault = faultOf(call, words[0]);
    isLooking = false;
    if (fault?.stall !== undefined) closeSync(openSync(fault.stall, 'r'));
    else if (fault !== undefined) throw failure(call, fault.errno ?? 'EIO');
    return original(...words);
  };
  Object.assign(fs, { [name]: patched });
}

fs.unlinkSync = (path) => {
  const { stall } = faultOf('unlink', path) ?? {};
  if (stall !== undefined) closeSync(openSync(stall, 'r'));
  unlinkSync(path);
};
// What is opened by its name: the files that people edit by hand.
promises.open = async (path, ...words) => {
  const fault = faultOf('open', path);
  if (fault !== undefined) throw failure('open', fault.errno ?? 'EIO');
  return openAside(path, ...words);
};
promises.unlink = async (path) => {
  const { stall } = faultOf('unlink', path) ?? {};
  if (stall !== undefined) await (await openAside(stall, 'r')).close();
  await unlinkAside(path);
};

// Tests of the clock and of errors that nobody caught: each signal is one such event.
const { now } = Date;
let jumpMs = 0;
Date.now = () => now() + jumpMs;
process.on('SIGUSR2', () => {
  jumpMs = jumpMs > 0 ? -86_400_000 : 86_400_000;
});
process.on('SIGWINCH', () => {
  void Promise.reject(new Error('rejected by the test'));
  setImmediate(() => {
    throw new Error('thrown by the test');
  });
});

modules.syncBuiltinESMExports();
