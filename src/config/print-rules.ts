// The rules as a YAML file that comes to the same, with nothing left to defaults. The roles that are built in stand
// there as comments: a file can't have them.

import { Document, isScalar, visit } from 'yaml';
import { isBuiltInRole } from '../model/default-rules.ts';
import type { LoginHours, Quota, Role, Rules, UserRules } from '../model/rules.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export function printRules({ roles, groups, folders, users, passwords }: Rules): string {
  const builtIn = [...roles.values()].filter(({ name }) => isBuiltInRole(name));
  const own = [...roles.values()].filter(({ name }) => !isBuiltInRole(name));
  const sections = {
    roles: mapOf(own, roleOf),
    groups: mapOf([...groups.values()], ({ members, roles: names }) => ({ members, roles: names })),
    folders: mapOf([...folders.values()], ({ at, quota, grants }) => ({ at, ...quotaOf(quota), grants })),
    users: Object.fromEntries([...users].map(([name, rules]) => [name, userOf(rules)])),
    passwords: {
      'min-length': passwords.minLength,
      'breached-list': passwords.breachedFile,
      'max-age': passwords.maxAgeMs === undefined ? 'none' : `${passwords.maxAgeMs}ms`,
    },
  };
  const comment = yamlOf({ roles: mapOf(builtIn, roleOf) }).replace(/^(?=.)/gm, '# ');
  return `# Built in:\n${comment}\n${yamlOf(sections)}`;
}

/** Lists of words stand on one line. */
function yamlOf(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_key, list) => {
      list.flow = list.items.every(isScalar);
    },
  });
  return document.toString({ lineWidth: 0 });
}

function mapOf<Value extends { readonly name: string }>(
  values: readonly Value[],
  show: (value: Value) => unknown,
): unknown {
  return Object.fromEntries(values.map((value) => [value.name, show(value)]));
}

function roleOf({ rules, names, login }: Role): unknown {
  return {
    rules,
    ...(names.allowed.length + names.denied.length + names.hidden.length === 0 ? {} : { names }),
    ...(login.length === 0 ? {} : { login: login.map((proofs) => proofs.join('+')) }),
  };
}

function quotaOf({ bytes, files }: Quota): object {
  return { quota: bytes ?? 'none', files: files ?? 'none' };
}

function userOf(rules: Partial<UserRules>): unknown {
  const { roles, quota, networks, methods, expiresMs, hours } = rules;
  return {
    ...(roles === undefined ? {} : { roles }),
    ...(quota === undefined ? {} : quotaOf(quota)),
    ...('maxSessions' in rules ? { 'max-sessions': rules.maxSessions ?? 'none' } : {}),
    ...('maxUploadBytes' in rules ? { 'max-upload-size': rules.maxUploadBytes ?? 'none' } : {}),
    ...('uploadBytesPerSecond' in rules ? { 'upload-speed': rules.uploadBytesPerSecond ?? 'none' } : {}),
    ...('downloadBytesPerSecond' in rules ? { 'download-speed': rules.downloadBytesPerSecond ?? 'none' } : {}),
    ...(networks === undefined ? {} : { networks: networks.split(',').filter((network) => network !== '') }),
    ...(methods === undefined ? {} : { methods }),
    ...('expiresMs' in rules
      ? { expires: expiresMs === undefined ? 'none' : new Date(expiresMs).toISOString().replace('.000Z', 'Z') }
      : {}),
    ...(hours === undefined ? {} : { 'login-hours': hours.map(hoursOf) }),
  };
}

function hoursOf({ days, from, to }: LoginHours): string {
  return `${days.map((day) => DAYS[day]).join(',')} ${clock(from)}-${clock(to)}`;
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
