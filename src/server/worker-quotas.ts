// The quotas and paces of a server with workers: the primary keeps the numbers, and each worker asks it for the ledger of
// each tree that its sessions use, and when the content of users with a rate may go.

import type { Limits } from '../access/limits.ts';
import type { Contract } from '../cluster/contract.ts';
import type { Link } from '../cluster/link.ts';
import { FileError } from '../model/error.ts';
import type { Tree } from '../model/usage.ts';
import type { Paces } from '../operations/paces.ts';
import { farPaces, type SharedPaces, sharePaces } from '../operations/shared-paces.ts';
import { FarMeters } from '../storage/far-meters.ts';
import type { Keeper, MeterSwitch } from '../storage/keeper.ts';
import type { Ledger } from '../storage/ledger.ts';
import { isLimited, type Quotas } from '../storage/quotas.ts';
import type { Tenant } from '../storage/tenant.ts';
import { ratesFrom } from './quotas.ts';

const KEEPER: Contract<Keeper> = { name: 'keeper', methods: { enter: 'tell', leave: 'tell' } };

const METERS: Contract<MeterSwitch> = { name: 'meters', methods: { turn: 'ask', takeBack: 'ask' } };

const PACES: Contract<SharedPaces> = {
  name: 'paces',
  methods: { enter: 'lease', pass: 'ask' },
  errors: [FileError],
};

/** In the primary: lets the worker use the paces. */
export function sharePacesOver(link: Link, paces: Paces): void {
  link.share(PACES, sharePaces(paces));
}

/** In a worker: the paces of its sessions. */
export function openFarPaces(link: Link, limits: Limits): Paces {
  return farPaces({ shared: link.remote(PACES), ratesOf: ratesFrom(limits) });
}

/** In the primary: lets the worker use the quotas. What comes back is to be called when the process is gone. */
export function shareQuotas(link: Link, quotas: Pick<Quotas, 'admit'>): () => Promise<void> {
  const meters = link.remote(METERS);
  const tenants = new Map<Tree, Tenant>();
  link.share(KEEPER, {
    enter: (tree, isCounting) => {
      const tenant = quotas.admit(tree, meters, isCounting);
      tenants.set(tree, tenant);
      link.share(ledgerContract(tree), tenant);
    },
    leave: (tree) => {
      link.withdraw(ledgerContract(tree));
      void tenants.get(tree)?.end();
      tenants.delete(tree);
    },
  });
  return async () => {
    await Promise.all([...tenants.values()].map((tenant) => tenant.end()));
  };
}

/** In a worker: the meters of its sessions. */
export function openFarMeters(link: Link, limits: Pick<Limits, 'ofTree'>): FarMeters {
  const meters = new FarMeters({
    keeper: link.remote(KEEPER),
    ledgerOf: (tree) => link.remote(ledgerContract(tree)),
    isLimited: (tree) => isLimited(limits.ofTree(tree)),
  });
  link.share(METERS, meters);
  return meters;
}

function ledgerContract(tree: Tree): Contract<Ledger> {
  return {
    name: `ledger of ${tree}`,
    methods: {
      lock: 'ask',
      unlock: 'ask',
      take: 'ask',
      credit: 'ask',
      uncredit: 'ask',
      hold: 'ask',
      known: 'ask',
      extend: 'ask',
      settle: 'ask',
      beginReplacing: 'ask',
      endReplacing: 'ask',
      release: 'ask',
      account: 'ask',
    },
    errors: [FileError],
  };
}
