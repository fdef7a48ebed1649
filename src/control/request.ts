// What the command line may ask of a running server, through the socket in its state folder. One JSON line each way.

import { join } from 'node:path';
import type { SessionInfo } from '../model/account.ts';
import type { BanRequest } from '../model/administration.ts';
import type { AdminEvent } from '../model/event.ts';
import type { Penalty } from '../model/penalty.ts';
import type { Tree, TreeUsage, Usage } from '../model/usage.ts';

export type ControlRequest =
  | { readonly verb: 'ban list' }
  | ({ readonly verb: 'ban add' } & BanRequest)
  | { readonly verb: 'ban remove'; readonly source: string }
  | { readonly verb: 'session list' }
  | { readonly verb: 'session end'; readonly sessionId: string; readonly reason: string }
  | { readonly verb: 'quota show' }
  | { readonly verb: 'quota scan'; readonly tree: Tree }
  | { readonly verb: 'log file' }
  /** Somebody changed something on the command line, who writes it in the audit log here. */
  | { readonly verb: 'record'; readonly event: AdminEvent };

/** The answer to each verb. */
export interface ControlAnswers {
  'ban list': readonly Penalty[];
  'ban add': Penalty;
  /** Whether there was one to remove. */
  'ban remove': boolean;
  /** `since` is text on the way. */
  'session list': readonly (Omit<SessionInfo, 'since'> & { readonly since: Date | string })[];
  /** Whether there was one to end. */
  'session end': boolean;
  'quota show': readonly TreeUsage[];
  'quota scan': Usage;
  /** Where its log file is, empty when it writes none. */
  'log file': string;
  record: null;
}

/** One function for each verb. What it throws as an AdministrationError is told to whoever asked. */
export type ControlHandlers = {
  readonly [Verb in ControlRequest['verb']]: (
    request: Extract<ControlRequest, { verb: Verb }>,
  ) => ControlAnswers[Verb] | Promise<ControlAnswers[Verb]>;
};

export type ControlReply = { readonly answer: unknown } | { readonly error: string };

/** Longer lines than this are nobody's. */
export const MAX_LINE_BYTES: number = 16 * 1024 * 1024;

/** Where a server with its state in `folder` listens for the command line. */
export function controlSocketIn(folder: string): string {
  return join(folder, 'control.sock');
}
