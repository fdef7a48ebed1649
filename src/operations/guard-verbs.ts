// The verbs of administration as one identity may use them: the guard is asked for each, and after
// each answer that one waited for.

import type { Administration, Administrator, Verbs } from '../model/administration.ts';
import { FileError } from '../model/error.ts';
import type { Guard } from './guard.ts';

export function guardVerbs(by: {
  readonly verbs: Verbs;
  readonly administrator: Administrator;
  readonly guard: Pick<Guard, 'mayAdminister'>;
}): Administration {
  const { verbs, administrator, guard } = by;
  const permit = (): void => {
    if (!guard.mayAdminister()) throw new FileError('permission-denied');
  };
  return {
    verbs: verbs.syntax,
    isAllowed: () => guard.mayAdminister(),
    run: (name, call = {}) => verbs.run({ name, call, administrator, permit }),
  };
}
