import test from 'ava';
import { inRepository } from '../helpers/folder.ts';
import { needs, runProgram } from '../helpers/program.ts';

test('systemd: the unit is rated below 2.0 by systemd-analyze', async (t) => {
  if (!(await needs(t, { 'systemd-analyze': 'systemd' }))) return;
  const unit = inRepository('contrib/systemd/sshome.service');
  const { stdout, stderr } = await runProgram(t, 'systemd-analyze', ['security', '--offline=true', '--no-pager', unit]);
  const rating = /Overall exposure level for sshome\.service: ([\d.]+)/.exec(stdout.toString('utf8'))?.[1];
  t.true(Number(rating) < 2, `rated ${rating}: ${stderr}`);
});
