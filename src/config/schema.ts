// Every setting of the server: its name, meaning, default and form. Flags, environment variables, the YAML file,
// `--help` and docs/configuration.md all follow this one table.

import { type ReadSetting, readDurationMs, readInteger, readOneOf, readSizeBytes, readText } from './setting.ts';

/** The settings of a server, read and checked. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly credentials: string;
  readonly homes: string;
  readonly keys: string;
  readonly graceMs: number;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Empty: none. */
  readonly logFile: string;
  readonly logFileBytes: number;
  readonly logFiles: number;
  readonly loginGraceMs: number;
  readonly maxAuthTries: number;
  readonly maxConnections: number;
  readonly maxChannels: number;
  readonly maxUnsentBytes: number;
  readonly maxHandles: number;
  readonly maxRequests: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
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
  keys: {
    name: 'keys',
    read: readText,
    default: 'keys',
    placeholder: 'DIR',
    describe: 'folder of the host keys, made at the first start',
  },
  graceMs: {
    name: 'grace',
    read: readDurationMs,
    default: '30s',
    placeholder: 'TIME',
    describe: 'how long a stopping server waits for running transfers',
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
    read: (written) => (written === '' ? '' : readText(written)),
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
  loginGraceMs: {
    name: 'login-grace',
    read: readDurationMs,
    default: '30s',
    placeholder: 'TIME',
    describe: 'time from the connection to a successful login (LoginGraceTime)',
  },
  maxAuthTries: {
    name: 'max-auth-tries',
    read: readInteger(1, 100),
    default: '6',
    placeholder: 'N',
    describe: 'failed logins after which a connection is closed (MaxAuthTries)',
  },
  maxConnections: {
    name: 'max-connections',
    read: readInteger(1, 1_000_000),
    default: '1000',
    placeholder: 'N',
    describe: 'connections at a time, logged in or not',
  },
  maxChannels: {
    name: 'max-channels',
    read: readInteger(1, 1000),
    default: '10',
    placeholder: 'N',
    describe: 'channels of one connection (MaxSessions)',
  },
  maxUnsentBytes: {
    name: 'max-unsent',
    read: readSizeBytes,
    default: '4M',
    placeholder: 'SIZE',
    describe: 'unsent bytes above which a connection is no longer read from',
  },
  maxHandles: {
    name: 'max-handles',
    read: readInteger(8, 100_000),
    default: '128',
    placeholder: 'N',
    describe: 'files and folders open in one SFTP session',
  },
  maxRequests: {
    name: 'max-requests',
    read: readInteger(1, 10_000),
    default: '64',
    placeholder: 'N',
    describe: 'requests of one SFTP session worked on at a time',
  },
  keepaliveIntervalMs: {
    name: 'keepalive-interval',
    read: readDurationMs,
    default: '15s',
    placeholder: 'TIME',
    describe: 'silence after which a client is asked whether it is still there (ClientAliveInterval)',
  },
  keepaliveCountMax: {
    name: 'keepalive-count',
    read: readInteger(1, 100),
    default: '4',
    placeholder: 'N',
    describe: 'unanswered questions after which it is taken for gone (ClientAliveCountMax)',
  },
};

export const SETTING_KEYS: ReadonlyArray<keyof Config> = Object.keys(SETTINGS) as Array<keyof Config>;

/** `max-handles` is `SSHOME_MAX_HANDLES`. */
export function variableOf(name: string): string {
  return `SSHOME_${name.toUpperCase().replaceAll('-', '_')}`;
}
