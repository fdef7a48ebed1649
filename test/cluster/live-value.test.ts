import test from 'ava';
import { follow, type LiveValueName, publish } from '../../src/cluster/live-value.ts';
import type { LiveValue } from '../../src/model/live-value.ts';
import { until } from '../helpers/until.ts';
import { linkedEnds } from './linked.ts';

const RULES: LiveValueName<ReadonlyMap<string, number>> = { name: 'rules' };

function changing<Value>(first: Value): LiveValue<Value> & { set(value: Value): void; readonly listeners: number } {
  const listeners = new Set<(value: Value) => void>();
  let now = first;
  return {
    get now() {
      return now;
    },
    get listeners() {
      return listeners.size;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set: (value) => {
      now = value;
      for (const listener of listeners) listener(value);
    },
  };
}

test('live value: who follows has it as it is, and hears of each change in order', async (t) => {
  const { here, there } = linkedEnds();
  const rules = changing<ReadonlyMap<string, number>>(new Map([['alice', 1]]));
  publish(there, RULES, rules);
  const followed = await follow(here, RULES);
  t.deepEqual(followed.now, new Map([['alice', 1]]));
  const heard: unknown[] = [];
  const end = followed.onChange((value) => heard.push(value));
  rules.set(new Map([['alice', 2]]));
  rules.set(new Map());
  await until(() => heard.length === 2);
  t.deepEqual(heard, [new Map([['alice', 2]]), new Map()]);
  t.deepEqual(followed.now, new Map());
  end();
  rules.set(new Map([['bob', 1]]));
  await until(() => followed.now.has('bob'));
  t.is(heard.length, 2);
});

test('live value: a change that comes while somebody begins to follow is not lost', async (t) => {
  const { here, there } = linkedEnds();
  const rules = changing<ReadonlyMap<string, number>>(new Map());
  publish(there, RULES, {
    get now() {
      const now = rules.now;
      rules.set(new Map([['alice', 2]]));
      return now;
    },
    onChange: rules.onChange,
  });
  t.deepEqual((await follow(here, RULES)).now, new Map([['alice', 2]]));
});

test('live value: who is gone is told nothing more', async (t) => {
  const { here, there, cut } = linkedEnds();
  const rules = changing<ReadonlyMap<string, number>>(new Map());
  publish(there, RULES, rules);
  const followed = await follow(here, RULES);
  t.is(rules.listeners, 1);
  cut();
  t.is(rules.listeners, 0);
  t.deepEqual(followed.now, new Map());
});
