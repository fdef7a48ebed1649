// Every setting of the server: its name, meaning, default and form. Flags, environment variables, the YAML file,
// `--help` and docs/configuration.md all follow this one table.

import { ALGORITHM_SETTINGS, type AlgorithmConfig } from './algorithm-settings.ts';
import { LIMIT_SETTINGS, type LimitConfig } from './limit-settings.ts';
import {
  type ReadSetting,
  readDurationMs,
  readInteger,
  readOneOf,
  readOptionalText,
  readSizeBytes,
  readText,
} from './setting.ts';
import { readUploadFor } from './upload-modes.ts';

/** The settings of a server, read and checked. */
export interface Config extends LimitConfig, AlgorithmConfig {
  readonly host: string;
  readonly port: number;
  readonly credentials: string;
  readonly homes: string;
  readonly folders: string;
  readonly keys: string;
  readonly upload: 'in-place' | 'atomic';
  /** `alice=atomic,bob=in-place`: see readUploadModes. */
  readonly uploadFor: string;
  readonly uploadKeepMs: number;
  readonly fsync: 'close' | 'client' | 'off';
  readonly walk: 'auto' | 'sync' | 'async';
  readonly graceMs: number;
  /** Processes that serve; 1 is this one alone. */
  readonly workers: number | 'auto';
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Empty: none. */
  readonly logFile: string;
  readonly logFileBytes: number;
  readonly logFiles: number;
  readonly state: string;
  /** Empty: nobody else. */
  readonly runAs: string;
}

export interface Setting<Value> {
  /** The flag without its dashes, and the YAML key; `SSHOME_` and the same in capitals is the variable. */
  readonly name: string;
  readonly read: ReadSetting<Value>;
  /** As people would write it. */
  readonly default: string;
  /** What stands for the value in help texts. */
  readonly placeholder: string;
  readonly describe: string;
}

const readWorkers = readInteger(1, 256);

export const SETTINGS: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  host: {
    name: 'host',
    read: readText,
    default: '127.0.0.1',
    placeholder: 'HOST',
    describe: 'address to listen on',
  },
  port: {
    name: 'port',
    read: readInteger(0, 65535),
    default: '2222',
    placeholder: 'PORT',
    describe: 'port to listen on; 0 picks a free one',
  },
  credentials: {
    name: 'credentials',
    read: readText,
    default: 'id_passwd.txt',
    placeholder: 'FILE',
    describe: 'the users, one user:secret a line',
  },
  homes: {
    name: 'homes',
    read: readText,
    default: 'homes',
    placeholder: 'DIR',
    describe: 'folder that holds the home of each user',
  },
  folders: {
    name: 'shared-folders',
    read: readText,
    default: 'folders',
    placeholder: 'DIR',
    describe: 'folder that holds the shared folders, made when it is first needed',
  },
  keys: {
    name: 'keys',
    read: readText,
    default: 'keys',
    placeholder: 'DIR',
    describe: 'folder of the host keys, made at the first start',
  },
  upload: {
    name: 'upload',
    read: readOneOf(['in-place', 'atomic']),
    default: 'in-place',
    placeholder: 'MODE',
    describe: 'in-place, or atomic: a file appears when its upload is finished, or not at all',
  },
  uploadFor: {
    name: 'upload-for',
    read: readUploadFor,
    default: '',
    placeholder: 'USER=MODE,...',
    describe: 'users who upload in the other way: alice=atomic,bob=in-place',
  },
  uploadKeepMs: {
    name: 'upload-keep',
    read: readDurationMs,
    default: '1d',
    placeholder: 'TIME',
    describe: 'how long an atomic upload that was cut off can be resumed',
  },
  fsync: {
    name: 'fsync',
    read: readOneOf(['close', 'client', 'off']),
    default: 'client',
    placeholder: 'WHEN',
    describe: 'when uploads are forced to the disk: at every close, when the client asks, or off',
  },
  walk: {
    name: 'walk',
    read: readOneOf(['auto', 'sync', 'async']),
    default: 'auto',
    placeholder: 'HOW',
    describe: 'how paths are walked: sync at once, async in threads, auto async where a file system may hang',
  },
  graceMs: {
    name: 'grace',
    read: readDurationMs,
    default: '30s',
    placeholder: 'TIME',
    describe: 'how long a stopping server waits for running transfers',
  },
  workers: {
    name: 'workers',
    read: (written) => (written === 'auto' ? 'auto' : readWorkers(written)),
    default: '1',
    placeholder: 'N',
    describe: 'processes that serve: a number, or auto for one for each processor core',
  },
  logLevel: {
    name: 'log-level',
    read: readOneOf(['error', 'warn', 'info', 'debug']),
    default: 'info',
    placeholder: 'LEVEL',
    describe: 'the least serious messages to log: error, warn, info or debug',
  },
  logFile: {
    name: 'log-file',
    read: readOptionalText,
    default: '',
    placeholder: 'FILE',
    describe: 'log to this file too, as JSON lines',
  },
  logFileBytes: {
    name: 'log-file-size',
    read: readSizeBytes,
    default: '64M',
    placeholder: 'SIZE',
    describe: 'size at which the log file is rotated',
  },
  logFiles: {
    name: 'log-files',
    read: readInteger(1, 1000),
    default: '10',
    placeholder: 'N',
    describe: 'log files kept, the current one included',
  },
  state: {
    name: 'state',
    read: readText,
    default: 'state',
    placeholder: 'DIR',
    describe: 'folder for what the server remembers over a restart, and its control socket',
  },
  runAs: {
    name: 'run-as',
    read: readOptionalText,
    default: '',
    placeholder: 'USER',
    describe: 'started as root, become this user when the port is open',
  },
  ...LIMIT_SETTINGS,
  ...ALGORITHM_SETTINGS,
};

export const SETTING_KEYS: ReadonlyArray<keyof Config> = Object.keys(SETTINGS) as Array<keyof Config>;

/** `max-handles` is `SSHOME_MAX_HANDLES`. */
export function variableOf(name: string): string {
  return `SSHOME_${name.toUpperCase().replaceAll('-', '_')}`;
}
