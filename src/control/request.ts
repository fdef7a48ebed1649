// What the command line may ask of a running server, through the socket in its state folder. One JSON line each way.

import { join } from 'node:path';
import type { SessionInfo } from '../model/account.ts';
import type { Penalty } from '../model/penalty.ts';
import type { Tree, TreeUsage, Usage } from '../model/usage.ts';

export type ControlRequest =
  | { readonly verb: 'ban list' }
  | { readonly verb: 'ban remove'; readonly source: string }
  | { readonly verb: 'session list' }
  | { readonly verb: 'quota show' }
  | { readonly verb: 'quota scan'; readonly tree: Tree };

/** What was counted, or why nothing was. */
export type QuotaScan = { readonly used: Usage } | { readonly problem: string };

/** The answer to each verb. */
export interface ControlAnswers {
  'ban list': readonly Penalty[];
  /** Whether there was one to remove. */
  'ban remove': boolean;
  'session list': readonly SessionInfo[];
  'quota show': readonly TreeUsage[];
  'quota scan': QuotaScan;
}

/** One function for each verb. */
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
