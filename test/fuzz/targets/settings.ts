// The file of settings, sshome.yaml.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadSettings } from '../../../src/config/load.ts';
import { SETTING_KEYS, SETTINGS } from '../../../src/config/schema.ts';
import { holds, type Target } from '../target.ts';

export const settings: Target = {
  name: 'settings',
  invariant: 'any file is settings, or a ConfigError whose every problem begins with the name of the file',
  covers: ['/src/config/'],
  dictionary: [
    ...SETTING_KEYS.map((key) => `${SETTINGS[key].name}: `),
    ...[
      '\n',
      ': ',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '!!binary ',
      '!!set ',
      '? ',
      '|',
      '>',
      '[',
      ']',
      '{',
      '}',
      "'",
      '"',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
    ],
    ...[
      'roles: ',
      'groups: ',
      'folders: ',
      'users: ',
      'passwords: ',
      'rules: ',
      'path: ',
      'allow: ',
      'names: ',
      'login: ',
    ],
    ...['members: ', 'at: ', 'grants: ', 'quota: ', 'networks: ', 'expires: ', 'login-hours: ', "'*': ", '{user}'],
    ...['10M', '5m', 'true', 'null', '0x10', '1e9', '.inf', '.nan', '~', '__proto__: '],
  ],
  seeds: [
    'port: 2222\nhost: 127.0.0.1\n',
    'log-level: debug\nmax-startups: 10:30:60\n# comment\nlogin-grace-time: 30s\n',
    'a: &a [1, 2]\nb: *a\n',
    '[1, 2]\n',
    'roles:\n  a:\n    rules: [{ path: /x, allow: [list] }]\n    login: publickey+totp\nusers: { bob: { roles: [a], quota: 1G } }\n',
    'groups: { g: { members: [bob] } }\nfolders: { f: { at: /f, grants: [{ role: viewer, groups: [g] }] } }\n',
    '? {a: 1}\n: 2\n',
  ],
  maxBytes: 400,
  begin: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sshome-fuzz-'));
    const file = join(folder, 'sshome.yaml');
    return {
      async run(input) {
        await writeFile(file, input);
        try {
          await loadSettings({ flags: {}, environment: {}, file });
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          holds(error.problems.length > 0, 'an error without a problem');
          for (const problem of error.problems)
            holds(problem.startsWith(file), `the problem does not say where: ${problem}`);
        }
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
};
