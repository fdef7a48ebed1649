// What a command of the interactive client is, and what it works with.

import type { Client } from '../../client/client.ts';
import type { VirtualPath } from '../../model/path.ts';
import type { TransferReport } from '../transfers.ts';
import type { Word } from './words.ts';

/** One session at the prompt. The two folders change. */
export interface InteractiveContext {
  readonly client: Client;
  remoteFolder: VirtualPath;
  localFolder: string;
  readonly print: (line: string) => void;
  /** Width to print columns for; undefined when nobody looks. */
  readonly columns: () => number | undefined;
  /** A new one for each command. */
  readonly makeReport: () => TransferReport;
  /** Asks yes or no; undefined when nobody is there. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

export interface Invocation {
  readonly context: InteractiveContext;
  readonly words: readonly Word[];
  readonly options: ReadonlySet<string>;
  /** Fires when the user presses ^C. */
  readonly signal: AbortSignal;
}

/** For `most`: any number of words. */
export const MANY: number = Number.POSITIVE_INFINITY;

export interface InteractiveCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  /** What comes after the name. */
  readonly usage: string;
  readonly describe: string;
  /** The options it takes, as they are typed. */
  readonly options: readonly string[];
  readonly least: number;
  readonly most: number;
  /** What Tab completes in the word at `position`, counted from 0 without options. */
  readonly completes?: (position: number) => 'remote' | 'local' | 'both';
  /** Resolves to the exit status; `quit` ends the session. */
  readonly run: (invocation: Invocation) => Promise<number | 'quit'>;
}
