import test from 'ava';
import { limitsFrom } from '../../src/access/limits.ts';
import { DEFAULT_RULES } from '../../src/model/default-rules.ts';
import { parsePath } from '../../src/model/path.ts';
import type { RulesSource, SharedFolder } from '../../src/model/rules.ts';
import { LiveRules } from '../helpers/live-rules.ts';

test('limits: without rules there are none', (t) => {
  const limits = limitsFrom({ rules: new LiveRules(), users: () => ['alice'] });
  t.deepEqual(limits.ofTree('home:alice'), { bytes: undefined, files: undefined });
  t.deepEqual(limits.ofTree('folder:design'), { bytes: undefined, files: undefined });
  t.is(limits.ofUser('alice').uploadBytesPerSecond, undefined);
  t.deepEqual([...limits.trees()], ['home:alice']);
});

test('limits: a user has the own ones before those of everybody, and a change counts at once', (t) => {
  const rules = new LiveRules({
    '*': { quota: { bytes: 10, files: 1 }, maxUploadBytes: 5 },
    alice: { maxUploadBytes: 7 },
  });
  const limits = limitsFrom({ rules, users: () => ['alice', 'bob'] });
  t.deepEqual(limits.ofTree('home:alice'), { bytes: 10, files: 1 });
  t.deepEqual([limits.ofUser('alice').maxUploadBytes, limits.ofUser('bob').maxUploadBytes], [7, 5]);
  rules.set('bob', { quota: { bytes: 20, files: undefined } });
  t.deepEqual(limits.ofTree('home:bob'), { bytes: 20, files: undefined });
  t.deepEqual(limits.ofTree('home:alice'), { bytes: 10, files: 1 });
});

test('limits: a shared folder has its own quota', (t) => {
  const at = parsePath('/shared/design');
  const folder: SharedFolder = { name: 'design', at, grants: [], quota: { bytes: 30, files: undefined } };
  const rules: RulesSource = {
    now: { ...DEFAULT_RULES, folders: new Map([['design', folder]]) },
    onChange: () => () => undefined,
  };
  const limits = limitsFrom({ rules, users: () => ['alice'] });
  t.deepEqual(limits.ofTree('folder:design'), { bytes: 30, files: undefined });
  t.deepEqual([...limits.trees()], ['home:alice', 'folder:design']);
});
