// One exchange of keyboard-interactive (RFC 4256): asks for the password, the one-time code and a new password, as the
// steps of the login have it, and never for more than one of them at a time: FileZilla and others answer the first prompt
// with the password that they have, whatever it says.

import type { KeyboardAuthContext } from 'ssh2';
import type { LoginSteps, Progress, Step, StepAnswer } from '../accounts/login-steps.ts';

/** How often a new password is asked for that is not taken. */
const MAX_NEW_PASSWORDS = 3;

/** The client has gone, and what it was asked is answered by nobody. */
export class GoneError extends Error {
  override readonly name = 'GoneError';
}

export interface InteractiveParts {
  readonly context: KeyboardAuthContext;
  readonly steps: LoginSteps;
  /** Where the client stands. What is proven here counts when the whole exchange has come to a good end. */
  readonly progress: Progress;
  /** Whether the client still waits for this request. */
  readonly isCurrent: () => boolean;
  readonly noteStep: (progress: Progress) => void;
  /** Aborted when the connection has ended. */
  readonly signal: AbortSignal;
}

/** Whether a step can be taken by answering questions. */
export function canAsk(step: Step): boolean {
  return step !== 'publickey';
}

/** Asks until the login is complete, refused, or needs what can't be asked for. @throws GoneError */
export async function answerInteractively(parts: InteractiveParts): Promise<StepAnswer> {
  const { context, steps, isCurrent, noteStep, signal } = parts;
  let { progress } = parts;
  let problem = '';
  for (let newPasswords = 0; newPasswords < MAX_NEW_PASSWORDS; ) {
    const step = stepToAsk(progress.next);
    if (step === undefined) return { kind: 'more', progress };
    if (step === 'new-password') newPasswords += 1;
    const answer = await take(step, { context, steps, progress, problem, signal });
    problem = answer.kind === 'again' ? answer.problem : '';
    if (answer.kind === 'refused' || answer.kind === 'in' || !isCurrent()) return answer;
    if (answer.kind === 'more') {
      progress = answer.progress;
      if (stepToAsk(progress.next) !== undefined) noteStep(progress);
    }
  }
  return { kind: 'refused', reason: 'password-not-changed' };
}

/** Where there is a choice, what has no method of its own. */
function stepToAsk(next: readonly Step[]): Exclude<Step, 'publickey'> | undefined {
  return (['new-password', 'totp', 'password'] as const).find((step) => next.includes(step));
}

async function take(
  step: Exclude<Step, 'publickey'>,
  at: Pick<InteractiveParts, 'context' | 'steps' | 'progress' | 'signal'> & { readonly problem: string },
): Promise<StepAnswer> {
  const { context, steps, progress, problem, signal } = at;
  const ask = (questions: readonly string[], why?: string): Promise<readonly string[] | undefined> =>
    askClient({ context, signal }, questions, why);
  switch (step) {
    case 'password': {
      const [password] = (await ask(['Password: '])) ?? [];
      return steps.password(progress, password);
    }
    case 'totp': {
      const [code] = (await ask(['One-time code: '])) ?? [];
      return steps.code(progress, code);
    }
    case 'new-password': {
      const why = problem === '' ? 'Your password must be changed now.' : `${capitalised(problem)}.`;
      const answers = await ask(['New password: ', 'New password again: '], why);
      if (answers === undefined) return { kind: 'refused', reason: 'password-not-changed' };
      const [password = '', again] = answers;
      if (password !== again) return { kind: 'again', problem: 'the two new passwords are not the same' };
      return steps.newPassword(progress, password);
    }
    default:
      return step satisfies never;
  }
}

/** Asks without echo; undefined when the client gave up, or answered another number of questions. @throws GoneError */
function askClient(
  { context, signal }: Pick<InteractiveParts, 'context' | 'signal'>,
  questions: readonly string[],
  instructions = '',
): Promise<readonly string[] | undefined> {
  const prompts = questions.map((prompt) => ({ prompt, echo: false }));
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new GoneError('the client has gone'));
    if (signal.aborted) return gone();
    signal.addEventListener('abort', gone, { once: true });
    context.prompt(prompts, '', instructions, (responses: unknown) => {
      signal.removeEventListener('abort', gone);
      resolve(Array.isArray(responses) && responses.length === questions.length ? responses : undefined);
    });
  });
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
