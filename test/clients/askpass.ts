// Answers for OpenSSH's programs, which ask a program of ours when they are told to (SSH_ASKPASS, ssh(1)).

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../helpers/folder.ts';
import type { Lifetime } from './driver.ts';

/** The environment in which each question is answered by the first entry whose name is a part of it. */
export async function askpass(
  t: Lifetime,
  answers: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const folder = await temporaryFolder(t);
  const cases: string[] = [];
  for (const [at, [part, answer]] of Object.entries(answers).entries()) {
    const file = join(folder, String(at));
    await writeFile(file, `${answer}\n`, { mode: 0o600 });
    cases.push(`*'${part}'*) cat '${file}' ;;`);
  }
  const program = join(folder, 'askpass');
  await writeFile(program, `#!/bin/sh\ncase "$1" in\n${cases.join('\n')}\nesac\n`, { mode: 0o700 });
  return { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', SSH_AUTH_SOCK: '' };
}
