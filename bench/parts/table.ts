// All parts, by name.

import type { PartName } from '../options.ts';
import type { Stage } from '../stage.ts';
import { bulk } from './bulk.ts';
import { client } from './client.ts';
import { distance } from './distance.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { listing } from './listing.ts';
import { login } from './login.ts';
import { many } from './many.ts';
import { small } from './small.ts';

export const PARTS: Readonly<Record<PartName, (stage: Stage) => Promise<void>>> = {
  bulk,
  small,
  listing,
  many,
  login,
  idle,
  distance,
  growth,
  client,
};
