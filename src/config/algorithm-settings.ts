// The settings of the cryptography. What the names stand for, and what a profile takes, is in model/algorithms.ts.

import {
  type AlgorithmChange,
  type AlgorithmKind,
  type AlgorithmLists,
  chooseAlgorithms,
  PROFILES,
  type Profile,
  parseAlgorithmChange,
} from '../model/algorithms.ts';
import type { Setting } from './schema.ts';
import { type ReadSetting, readDurationMs, readInteger, readOneOf, readSizeBytes, SettingError } from './setting.ts';

export interface AlgorithmConfig {
  readonly profile: Profile;
  /** Changes of the profile's lists; undefined: none. */
  readonly kex: AlgorithmChange | undefined;
  readonly ciphers: AlgorithmChange | undefined;
  readonly macs: AlgorithmChange | undefined;
  readonly hostKeyAlgorithms: AlgorithmChange | undefined;
  readonly rekeyBytes: number;
  readonly rekeyTimeMs: number;
  readonly rekeyTimeoutMs: number;
}

/** The setting that each list is changed by. */
const SETTING_OF_KIND: Readonly<Record<AlgorithmKind, string>> = {
  kex: 'kex',
  ciphers: 'ciphers',
  macs: 'macs',
  hostKeyAlgorithms: 'host-key-algorithms',
};

/** The least is for tests: below a few packets nothing would be sent but key exchanges. */
const MIN_REKEY_BYTES = 64 * 1024;
/** Longest time that Node's timers can wait is 24 days. */
const MAX_REKEY_MS = 7 * 24 * 3_600_000;

/** The lists that the settings come to. @throws SettingError when nothing is left of one */
export function algorithmsOf(config: AlgorithmConfig): AlgorithmLists {
  const lists = chooseAlgorithms(config.profile, config);
  for (const kind of Object.keys(SETTING_OF_KIND) as AlgorithmKind[]) {
    if (lists[kind].length === 0) throw new SettingError(`${SETTING_OF_KIND[kind]}: no algorithm is left`);
  }
  return lists;
}

export const ALGORITHM_SETTINGS: { readonly [Key in keyof AlgorithmConfig]: Setting<AlgorithmConfig[Key]> } = {
  profile: {
    name: 'profile',
    read: readOneOf(PROFILES),
    default: 'modern',
    placeholder: 'PROFILE',
    describe: 'the algorithms offered: modern, or compatible with old clients',
  },
  kex: {
    name: SETTING_OF_KIND.kex,
    read: readChange('kex'),
    default: '',
    placeholder: 'LIST',
    describe: 'change of the key exchange methods: a,b or +a or -a or ^a (KexAlgorithms)',
  },
  ciphers: {
    name: SETTING_OF_KIND.ciphers,
    read: readChange('ciphers'),
    default: '',
    placeholder: 'LIST',
    describe: 'change of the ciphers, in the same form (Ciphers)',
  },
  macs: {
    name: SETTING_OF_KIND.macs,
    read: readChange('macs'),
    default: '',
    placeholder: 'LIST',
    describe: 'change of the message authentication codes (MACs)',
  },
  hostKeyAlgorithms: {
    name: SETTING_OF_KIND.hostKeyAlgorithms,
    read: readChange('hostKeyAlgorithms'),
    default: '',
    placeholder: 'LIST',
    describe: 'change of the host key signatures, and so of the host keys made (HostKeyAlgorithms)',
  },
  rekeyBytes: {
    name: 'rekey-bytes',
    read: readRekeyBytes,
    default: '1G',
    placeholder: 'SIZE',
    describe: 'bytes in one direction after which new keys are exchanged (RekeyLimit)',
  },
  rekeyTimeMs: {
    name: 'rekey-time',
    read: readTimeMs,
    default: '1h',
    placeholder: 'TIME',
    describe: 'time after which new keys are exchanged (RekeyLimit)',
  },
  rekeyTimeoutMs: {
    name: 'rekey-timeout',
    read: readTimeMs,
    default: '1m',
    placeholder: 'TIME',
    describe: 'time that such an exchange may take before the connection is ended',
  },
};

function readChange(kind: AlgorithmKind): ReadSetting<AlgorithmChange | undefined> {
  return (written) => {
    if (written === '') return undefined;
    if (typeof written !== 'string') throw new SettingError(`${JSON.stringify(written)} is no list of names`);
    try {
      return parseAlgorithmChange(kind, written);
    } catch (error) {
      if (error instanceof RangeError) throw new SettingError(error.message);
      throw error;
    }
  };
}

function readRekeyBytes(written: unknown): number {
  return readInteger(MIN_REKEY_BYTES, 64 * 1024 ** 3)(readSizeBytes(written));
}

function readTimeMs(written: unknown): number {
  const milliseconds = readDurationMs(written);
  if (milliseconds < 100 || milliseconds > MAX_REKEY_MS) {
    throw new SettingError(`${JSON.stringify(written)} is not between 100ms and 7d`);
  }
  return milliseconds;
}
