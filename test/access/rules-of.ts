// Rules for tests, as the YAML file says them.

import { parseConfig } from '../../src/config/config-file.ts';
import type { Rules } from '../../src/model/rules.ts';

/** @throws Error when the text is no good file */
export function rulesOf(yaml: string): Rules {
  const { rules, problems } = parseConfig(yaml, 'sshome.yaml');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return rules;
}
