// Quotas, of users and of shared folders.

import { type Fields, type Form, orNone, scalar } from './form.ts';
import { readInteger, readSizeBytes } from './setting.ts';

/** As the file has them: beside other keys. */
export interface QuotaShape {
  readonly quota: number | undefined;
  readonly files: number | undefined;
}

export const size: Form<number | undefined> = orNone(scalar(readSizeBytes));

export const QUOTA_FIELDS: Fields<QuotaShape> = {
  quota: { describe: 'bytes that may be stored, as 5G', form: size },
  files: {
    describe: 'files and folders that there may be',
    form: orNone(scalar(readInteger(0, Number.MAX_SAFE_INTEGER))),
  },
};
