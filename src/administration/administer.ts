// Runs the verbs: asks the permit, checks the words, does it, records it, and tells in words what went wrong. The same for
// every face.

import { AccountError } from '../model/account.ts';
import {
  AdministrationError,
  type Administrator,
  type VerbCall,
  type Verbs,
  type VerbTopic,
  VerbUsageError,
} from '../model/administration.ts';
import type { AdminEvent, Audit } from '../model/event.ts';
import { printableShort } from '../model/printable.ts';
import { checkCall } from '../model/verb-usage.ts';
import { inWords } from './in-words.ts';
import { VERBS } from './table.ts';
import type { AdministrationParts, Verb } from './verb.ts';

const MAX_WORDS_LOGGED = 200;

export interface VerbsParts extends AdministrationParts {
  readonly audit: Audit;
  /** Files of the host whose folders no message may show; undefined where the administrator may see them. */
  readonly hidden: readonly string[] | undefined;
  /** Called after each change, done or half done: what runs takes notice of it. */
  readonly settle: () => Promise<void>;
}

export function createVerbs(parts: VerbsParts): Verbs {
  const { audit, hidden, settle } = parts;
  return {
    syntax: VERBS,
    run: async ({ name, call, administrator, permit }) => {
      const verb = VERBS.find((candidate) => candidate.name === name);
      if (verb === undefined) throw new VerbUsageError(`there is no verb ${JSON.stringify(name)}`);
      const record = (outcome: AdminEvent['outcome']): void => audit(eventOf(verb, call, administrator, outcome));
      const permitOrRecord = (): void => {
        try {
          permit();
        } catch (error) {
          record('permission-denied');
          throw error;
        }
      };
      permitOrRecord();
      checkCall(verb, call);
      const asking = createAsking(call, permitOrRecord);
      try {
        const { operands = [], options = {} } = call;
        const result = await verb.run({
          ...parts,
          ...asking,
          administrator,
          operands,
          options,
          inWords: (error) => inWords(error, hidden),
        });
        if (verb.changes) record('ok');
        return result;
      } catch (error) {
        // Whoever was asked gave no answer, or may not any more: nothing was done.
        if (asking.failed === error) throw error;
        const told = inWords(error, hidden);
        // Nothing was wanted that could be done.
        if (told instanceof VerbUsageError) throw told;
        if (verb.changes) record(told instanceof AdministrationError ? 'refused' : 'internal');
        throw told;
      } finally {
        if (verb.changes) await settle();
      }
    },
  };
}

/**
 * The questions of a verb, and what the asking itself failed with, if it did. An answer may come days after its question:
 * whoever has lost the right meanwhile changes nothing with it.
 */
function createAsking(
  { password, publicKey }: VerbCall,
  permit: () => void,
): Required<Pick<VerbCall, 'password' | 'publicKey'>> & {
  readonly failed: unknown;
} {
  let failed: unknown;
  const ask = async (question: (() => Promise<string>) | undefined, what: string): Promise<string> => {
    if (question === undefined) throw new VerbUsageError(`this needs ${what}`);
    try {
      const answer = await question();
      permit();
      return answer;
    } catch (error) {
      if (!(error instanceof AccountError || error instanceof AdministrationError)) failed = error;
      throw error;
    }
  };
  return {
    password: (about) => ask(password && (() => password(about)), 'a password'),
    publicKey: () => ask(publicKey, 'a public key'),
    get failed() {
      return failed;
    },
  };
}

function eventOf(
  { name }: Verb,
  { operands = [], options = {} }: VerbCall,
  administrator: Administrator,
  outcome: AdminEvent['outcome'],
): AdminEvent {
  const given = Object.entries(options).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key}`, ...(value === true ? [] : [value])],
  );
  const words = [...operands, ...given];
  const [target] = operands;
  return {
    event: `admin.${name.split(' ')[0] as VerbTopic}`,
    face: administrator.face,
    ...('identity' in administrator ? { user: administrator.identity.user, ...administrator.origin } : {}),
    ...('hostAccount' in administrator ? { hostAccount: administrator.hostAccount } : {}),
    verb: name,
    ...(target === undefined ? {} : { target: printableShort(target, MAX_WORDS_LOGGED) }),
    ...(words.length === 0 ? {} : { words: printableShort(words.map(quoted).join(' '), MAX_WORDS_LOGGED) }),
    outcome,
  };
}

/** So that it can be told where a word ends. */
function quoted(word: string): string {
  return /[\s"]/.test(word) || word === '' ? JSON.stringify(word) : word;
}
