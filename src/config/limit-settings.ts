// The settings that bound what strangers and users can take up. Names are OpenSSH's where it has the limit.

import { parseAddressList } from '../model/address.ts';
import type { Setting } from './schema.ts';
import { type ReadSetting, readDurationMs, readInteger, readSizeBytes, SettingError } from './setting.ts';

/** Limits, read and checked. `docs/limits.md` says what happens at each. */
export interface LimitConfig {
  readonly loginGraceMs: number;
  readonly maxAuthTries: number;
  readonly maxStartups: { readonly begin: number; readonly ratePercent: number; readonly full: number };
  readonly maxStartupsPerSource: number;
  readonly connectionsPerSecond: number;
  readonly maxConnections: number;
  readonly maxSessionsPerUser: number;
  readonly maxChannels: number;
  readonly maxHandles: number;
  readonly maxRequests: number;
  readonly rekeysPerSecond: number;
  readonly maxUnsentBytes: number;
  readonly windowBytes: number;
  readonly maxQueuedBytes: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
  /** 0: none. */
  readonly idleTimeoutMs: number;
  /** 0: none. */
  readonly unusedTimeoutMs: number;
  /** Undefined: nobody is punished. */
  readonly penalties: PenaltyConfig | undefined;
  /** Addresses and networks, as `parseAddressList` reads them. */
  readonly penaltyExempt: string;
  readonly proxyProtocolFrom: string;
}

export interface PenaltyConfig {
  readonly offencesMs: {
    readonly authfail: number;
    readonly invaliduser: number;
    readonly noauth: number;
    readonly 'grace-exceeded': number;
    readonly crash: number;
  };
  readonly minMs: number;
  readonly maxMs: number;
  readonly maxSources: number;
}

export const DEFAULT_PENALTIES =
  'crash:90s authfail:5s invaliduser:5s noauth:1s grace-exceeded:10s max:10m min:15s max-sources:65536';

/** `begin:rate:full`, or one number for all connections, as sshd_config(5) has it. */
const readMaxStartups: ReadSetting<LimitConfig['maxStartups']> = (written) => {
  const match = /^(\d+)(?::(\d+):(\d+))?$/.exec(String(written).trim());
  const begin = Number(match?.[1]);
  const ratePercent = Number(match?.[2] ?? 100);
  const full = Number(match?.[3] ?? begin);
  if (match === null || begin < 1 || full < begin || ratePercent > 100) {
    throw new SettingError(`${JSON.stringify(written)} is not BEGIN:RATE:FULL, as 10:30:100`);
  }
  return { begin, ratePercent, full };
};

const PENALTY_NAMES: ReadonlySet<string> = new Set(
  DEFAULT_PENALTIES.split(' ').map((word) => word.slice(0, word.indexOf(':'))),
);

/** OpenSSH's PerSourcePenalties: words `name:time`, those left out have their default; `no` switches them off. */
const readPenalties: ReadSetting<PenaltyConfig | undefined> = (written) => {
  if (written === 'no' || written === false) return undefined;
  const times = new Map<string, string>();
  for (const text of [DEFAULT_PENALTIES, String(written)]) {
    for (const word of text.split(/[\s,]+/).filter((item) => item !== '')) {
      const [name = '', value, ...rest] = word.split(':');
      if (value === undefined || rest.length > 0 || !PENALTY_NAMES.has(name)) {
        throw new SettingError(`${JSON.stringify(word)} is no penalty, as in ${DEFAULT_PENALTIES}`);
      }
      times.set(name, value);
    }
  }
  const time = (name: string): number => readDurationMs(times.get(name));
  return {
    offencesMs: {
      authfail: time('authfail'),
      invaliduser: time('invaliduser'),
      noauth: time('noauth'),
      'grace-exceeded': time('grace-exceeded'),
      crash: time('crash'),
    },
    minMs: time('min'),
    maxMs: time('max'),
    maxSources: readInteger(1, 10_000_000)(times.get('max-sources')),
  };
};

const readAddresses: ReadSetting<string> = (written) => {
  const text = Array.isArray(written) ? written.join(',') : String(written);
  try {
    parseAddressList(text);
  } catch (error) {
    if (error instanceof RangeError) throw new SettingError(error.message);
    throw error;
  }
  return text;
};

export const LIMIT_SETTINGS: { readonly [Key in keyof LimitConfig]: Setting<LimitConfig[Key]> } = {
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
  maxStartups: {
    name: 'max-startups',
    read: readMaxStartups,
    default: '10:30:100',
    placeholder: 'BEGIN:RATE:FULL',
    describe:
      'connections that have not logged in: from BEGIN on they wait, then RATE percent are dropped, at FULL all (MaxStartups)',
  },
  maxStartupsPerSource: {
    name: 'max-startups-per-source',
    read: readInteger(1, 100_000),
    default: '20',
    placeholder: 'N',
    describe: 'such connections of one source (PerSourceMaxStartups)',
  },
  connectionsPerSecond: {
    name: 'connections-per-second',
    read: readInteger(1, 100_000),
    default: '20',
    placeholder: 'N',
    describe: 'new connections of one source in a second, above which they are delayed',
  },
  maxConnections: {
    name: 'max-connections',
    read: readInteger(1, 1_000_000),
    default: '1000',
    placeholder: 'N',
    describe: 'connections at a time, logged in or not',
  },
  maxSessionsPerUser: {
    name: 'max-sessions-per-user',
    read: readInteger(1, 1_000_000),
    default: '100',
    placeholder: 'N',
    describe: 'connections of one user at a time',
  },
  maxChannels: {
    name: 'max-channels',
    read: readInteger(1, 1000),
    default: '10',
    placeholder: 'N',
    describe: 'channels of one connection (MaxSessions)',
  },
  maxHandles: {
    name: 'max-handles',
    read: readInteger(8, 100_000),
    default: '512',
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
  rekeysPerSecond: {
    name: 'rekeys-per-second',
    read: readInteger(1, 100_000),
    default: '20',
    placeholder: 'N',
    describe: 'key exchanges that a client may begin in a second with less than 1 MiB between, above which they wait',
  },
  maxUnsentBytes: {
    name: 'max-unsent',
    read: readSizeBytes,
    default: '4M',
    placeholder: 'SIZE',
    describe: 'unsent bytes above which a connection is no longer read from',
  },
  windowBytes: {
    name: 'window',
    read: readWindowBytes,
    default: '16M',
    placeholder: 'SIZE',
    describe:
      'bytes that a client may at most send ahead on a channel of SFTP: as many over 100 ms, fewer over a shorter way',
  },
  maxQueuedBytes: {
    name: 'max-queued',
    read: readSizeBytes,
    default: '256M',
    placeholder: 'SIZE',
    describe: 'bytes queued in all connections together, above which the fullest are no longer read from',
  },
  keepaliveIntervalMs: {
    name: 'keepalive-interval',
    read: readDurationMs,
    default: '30s',
    placeholder: 'TIME',
    describe: 'silence after which a client is asked whether it is still there (ClientAliveInterval)',
  },
  keepaliveCountMax: {
    name: 'keepalive-count',
    read: readInteger(1, 100),
    default: '20',
    placeholder: 'N',
    describe: 'unanswered questions after which it is taken for gone (ClientAliveCountMax)',
  },
  idleTimeoutMs: {
    name: 'idle-timeout',
    read: readDurationMs,
    default: '0',
    placeholder: 'TIME',
    describe: 'time without any data after which a connection is ended; 0 never (ChannelTimeout)',
  },
  unusedTimeoutMs: {
    name: 'unused-timeout',
    read: readDurationMs,
    default: '10m',
    placeholder: 'TIME',
    describe: 'time without an open channel after which a connection is ended; 0 never (UnusedConnectionTimeout)',
  },
  penalties: {
    name: 'penalties',
    read: readPenalties,
    default: DEFAULT_PENALTIES,
    placeholder: 'NAME:TIME...',
    describe: 'time that a source is turned away for an offence, added up; `no` for none (PerSourcePenalties)',
  },
  penaltyExempt: {
    name: 'penalty-exempt',
    read: readAddresses,
    default: '127.0.0.0/8,::1',
    placeholder: 'NETWORKS',
    describe: 'sources that are never turned away (PerSourcePenaltyExemptList)',
  },
  proxyProtocolFrom: {
    name: 'proxy-protocol-from',
    read: readAddresses,
    default: '',
    placeholder: 'NETWORKS',
    describe: 'proxies that tell the client’s address by the PROXY protocol, version 1 or 2; others may not',
  },
};

/** ssh2's own window, and the most that other clients were tried with. */
function readWindowBytes(written: unknown): number {
  return readInteger(2 * 1024 ** 2, 1024 ** 3)(readSizeBytes(written));
}
