// The rules where nobody has laid down any: everybody is an ordinary user of the own home.

import { ANY_PASSWORD, type Rules, type RulesSource } from '../model/rules.ts';

const RULES: Rules = {
  roles: new Map(),
  groups: new Map(),
  folders: new Map(),
  users: new Map(),
  passwords: ANY_PASSWORD,
};

export const ordinaryRules: RulesSource = { now: RULES, onChange: () => () => undefined };
