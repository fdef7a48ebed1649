import test from 'ava';
import { SettingError } from '../../src/config/setting.ts';
import { readUploadFor, readUploadModes } from '../../src/config/upload-modes.ts';

test('upload modes: each user has the mode that is named, also one whose name holds an equals sign', (t) => {
  t.deepEqual(
    [...readUploadModes('alice=atomic, bob=in-place,a=b=atomic,')],
    [
      ['alice', 'atomic'],
      ['bob', 'in-place'],
      ['a=b', 'atomic'],
    ],
  );
  t.deepEqual([...readUploadModes('')], []);
});

for (const [written, problem] of [
  ['alice', '"alice" is not USER=in-place or USER=atomic'],
  ['=atomic', '"=atomic" is not USER=in-place or USER=atomic'],
  ['alice=quick', '"alice=quick" is not USER=in-place or USER=atomic'],
  ['alice=atomic,alice=in-place', '"alice" is named twice'],
  [7, '7 is no list of USER=MODE'],
] as const) {
  test(`upload modes: ${JSON.stringify(written)} is refused with what is wrong`, (t) => {
    t.throws(() => readUploadFor(written), { instanceOf: SettingError, message: problem });
  });
}
