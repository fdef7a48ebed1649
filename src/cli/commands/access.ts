// `sshome access`: what the rules come to, without a server.

import type { Argv, CommandModule } from 'yargs';
import { compileRights } from '../../access/rights.ts';
import { describeReason, type Verdict } from '../../access/verdict.ts';
import { CredentialsError, loadCredentials } from '../../accounts/load-credentials.ts';
import { ConfigError, loadSettings } from '../../config/load.ts';
import { ACTIONS, type Action, NOT_ASKED_FOR } from '../../model/action.ts';
import { parsePath, ROOT, type VirtualPath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { EXIT } from '../exit-code.ts';
import { configSources, describeSettings } from '../setting-flags.ts';

export function accessCommand(): CommandModule {
  return {
    command: 'access',
    describe: 'Explain who may do what',
    builder: (program) =>
      program
        .command({
          command: 'explain <user> <action> <path>',
          describe: 'Tell whether a user may do something, and which rule says so; the exit status is 0 for yes',
          builder: (explain: Argv) =>
            describeSettings(explain, ['credentials'])
              .positional('user', { type: 'string', describe: 'name of a user' })
              .positional('action', { choices: ACTIONS, describe: 'what to do' })
              .positional('path', { type: 'string', describe: 'where, as the user sees it' })
              .option('json', { boolean: true, describe: 'as JSON' })
              .example('$0 access explain alice download /shared/design/plan.pdf', 'may alice read this file?'),
          handler: run,
        })
        .demandCommand(1, 'Which? `sshome access --help` lists them.'),
    handler: () => {},
  };
}

async function run(words: Readonly<Record<string, unknown>>): Promise<void> {
  const user = String(words['user']);
  const action = words['action'] as Action;
  const path = parsePath(String(words['path']));
  try {
    const { rules, config } = await loadSettings(configSources(words));
    const verdict = compileRights(rules, user).verdict(action, path);
    process.stdout.write(words['json'] === true ? asJson(verdict) : asText(verdict));
    remarkOnAction(action, path);
    await remarkOnStranger(user, config.credentials);
    process.exitCode = verdict.decision === 'allow' ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`sshome: ${problem}\n`);
    process.exitCode = EXIT.failed;
  }

  function asJson({ decision, reason }: Verdict): string {
    return `${JSON.stringify({ user, action, path, decision, reason: { ...reason, text: describeReason(reason, action) } })}\n`;
  }

  function asText({ decision, reason }: Verdict): string {
    return `${ANSWERS[decision]}: ${user}, ${action}, ${shown(path)}: ${describeReason(reason, action)}\n`;
  }
}

const ANSWERS = { allow: 'yes', deny: 'no', hidden: 'no, hidden' } as const;

function shown(path: VirtualPath): string {
  return printable(path);
}

/** The rules may say yes where nobody ever asks. */
function remarkOnAction(action: Action, path: VirtualPath): void {
  if (NOT_ASKED_FOR.includes(action)) {
    process.stderr.write(`sshome: nothing in this version asks for ${action}: it opens no way, allowed or not\n`);
  } else if (action === 'administer' && path !== ROOT) {
    process.stderr.write('sshome: administer is asked of / alone: here it opens no way, allowed or not\n');
  }
}

/** Rules for somebody who is not there are no mistake, but a name that was misspelt looks the same. */
async function remarkOnStranger(user: string, credentials: string): Promise<void> {
  try {
    const loaded = await loadCredentials(credentials);
    if (loaded === undefined || loaded.accounts.some((account) => account.user === user)) return;
    process.stderr.write(`sshome: ${credentials} has no user ${printable(user)}; this is what such a one could do\n`);
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
  }
}
