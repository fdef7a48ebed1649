// The section `users`: what holds for one user, and under `*` for everybody of whom nothing else is said.

import { parseAddressList } from '../model/address.ts';
import type { LoginHours, Proof, UserRules } from '../model/rules.ts';
import { readMomentMs } from './expiry.ts';
import type { FileNode } from './file-node.ts';
import { type Form, listOf, namedMap, orNone, record, scalar } from './form.ts';
import { readLoginHours } from './login-hours.ts';
import { QUOTA_FIELDS, type QuotaShape, size } from './rules-limits.ts';
import { EVERYBODY, roleReference, USER_OR_EVERYBODY } from './rules-names.ts';
import { type ReadSetting, readInteger, readOneOf, readSizeBytes, SettingError, withSchema } from './setting.ts';

/** Slower than this a connection would not even live. */
const MIN_BYTES_PER_SECOND = 1024;

interface UserShape extends QuotaShape {
  readonly roles: string[];
  readonly 'max-sessions': number | undefined;
  readonly 'max-upload-size': number | undefined;
  readonly 'upload-speed': number | undefined;
  readonly 'download-speed': number | undefined;
  readonly networks: string[];
  readonly methods: Proof[];
  readonly expires: number | undefined;
  readonly 'login-hours': (readonly LoginHours[])[];
}

const readSpeed: ReadSetting<number> = withSchema({ type: ['string', 'number'] }, (written) => {
  const bytes = readSizeBytes(written);
  if (bytes < MIN_BYTES_PER_SECOND)
    throw new SettingError(`a speed is at least ${MIN_BYTES_PER_SECOND} bytes a second`);
  return bytes;
});
const speed = orNone(scalar(readSpeed));

const network: ReadSetting<string> = withSchema({ type: 'string' }, (written) => {
  const text = String(written);
  try {
    parseAddressList(text);
  } catch (error) {
    if (error instanceof RangeError) throw new SettingError(error.message);
    throw error;
  }
  return text;
});

const userFields = record<UserShape>('user', {
  roles: {
    describe: 'roles in the home; owner unless told, or a group has some',
    form: listOf(roleReference, 'roles', { least: 1 }),
  },
  ...QUOTA_FIELDS,
  'max-sessions': { describe: 'connections at a time', form: orNone(scalar(readInteger(1, 1_000_000))) },
  'max-upload-size': { describe: 'bytes that one file may have, as 1G', form: size },
  'upload-speed': { describe: 'bytes a second that may come in, as 10M', form: speed },
  'download-speed': { describe: 'bytes a second that may go out', form: speed },
  networks: {
    describe: 'where logins may come from; from everywhere when empty',
    form: listOf(scalar(network), 'addresses and networks, as [192.0.2.0/24]'),
  },
  methods: {
    describe: 'the ways to log in; all that the server offers when empty',
    form: listOf(scalar<Proof>(readOneOf(['password', 'publickey'])), 'methods, as [publickey]'),
  },
  expires: { describe: 'the first day without a login, as 2027-01-31', form: orNone(scalar(readMomentMs)) },
  'login-hours': {
    describe: 'when logins may come, as mon-fri 08:00-18:00; at any time when empty',
    form: listOf(scalar(readLoginHours), "hours, as ['mon-fri 08:00-18:00']"),
  },
});

type Read = Partial<UserShape>;

const namedUsers: Form<Map<string, Read>> = namedMap(USER_OR_EVERYBODY, userFields, (_name, read) => read);

export const USERS: Form<Map<string, Partial<UserRules>>> = {
  schema: namedUsers.schema,
  read(node: FileNode) {
    const users = namedUsers.read(node) ?? new Map<string, Read>();
    const everybody = users.get(EVERYBODY) ?? {};
    return new Map([...users].map(([name, read]) => [name, toUserRules(read, everybody)]));
  },
};

/** What was not said is not there, but for the two halves of a quota: what is not said of one is as for everybody. */
function toUserRules(read: Read, everybody: Read): Partial<UserRules> {
  const hasQuota = 'quota' in read || 'files' in read;
  const { quota: bytes, files } = { ...everybody, ...read };
  return {
    ...(read.roles === undefined ? {} : { roles: read.roles }),
    ...(hasQuota ? { quota: { bytes, files } } : {}),
    ...('max-sessions' in read ? { maxSessions: read['max-sessions'] } : {}),
    ...('max-upload-size' in read ? { maxUploadBytes: read['max-upload-size'] } : {}),
    ...('upload-speed' in read ? { uploadBytesPerSecond: read['upload-speed'] } : {}),
    ...('download-speed' in read ? { downloadBytesPerSecond: read['download-speed'] } : {}),
    ...(read.networks === undefined ? {} : { networks: read.networks.join(',') }),
    ...(read.methods === undefined ? {} : { methods: read.methods }),
    ...('expires' in read ? { expiresMs: read.expires } : {}),
    ...(read['login-hours'] === undefined ? {} : { hours: read['login-hours'].flat() }),
  };
}
