// The core: identity + path -> guard -> storage -> audit event. Every face reaches files through here and no other way.

import type { Policy } from '../access/policy.ts';
import type { OpenFileInfo } from '../model/account.ts';
import type { Administration, Verbs } from '../model/administration.ts';
import type { Audit } from '../model/event.ts';
import type { CloseOptions, Files } from '../model/files.ts';
import type { Face, Identity, Origin } from '../model/identity.ts';
import type { VirtualPath } from '../model/path.ts';
import type { Storage } from '../storage/storage.ts';
import { copyFile } from './copy-file.ts';
import { createGuard } from './guard.ts';
import { guardVerbs } from './guard-verbs.ts';
import { GuardedDirectory, revokedError } from './open-directory.ts';
import { GuardedFile } from './open-file.ts';
import { OpenThings } from './open-things.ts';
import type { Pace } from './paces.ts';
import { createRecorder } from './recorder.ts';
import { seekingStorage } from './seeking-storage.ts';

export interface Operations {
  /** The files in `storage` as `identity` may use them, coming by `face` over `origin`. */
  as(who: {
    identity: Identity;
    origin: Origin;
    face: Face;
    storage: Storage;
    /** Holds the files while they are open. */
    openFiles?: Set<OpenFileInfo>;
    /** As fast as it goes unless told. */
    pace?: Pace | undefined;
    /** Aborted when nobody is there any more: it ends what goes on by itself, a copy. */
    signal?: AbortSignal;
  }): Files;
  /** The verbs as `identity` may use them. */
  administration(who: { identity: Identity; origin: Origin; face: 'shell' | 'exec'; verbs: Verbs }): Administration;
  /** To be called when the rules have changed: closes what nobody could open any more, and returns how much that was. */
  recheck(): number;
}

export function createOperations({ policy, audit }: { policy: Policy; audit: Audit }): Operations {
  const things = new OpenThings();
  return {
    recheck: () => things.recheck(),
    as({ identity, origin, face, storage: whole, openFiles, pace, signal }) {
      const guard = createGuard({ policy, identity });
      const storage = seekingStorage(whole, guard);
      const recorder = createRecorder({ audit, identity, origin, face });
      const { record } = recorder;

      return {
        async list(path) {
          const { permit, granted } = guard.list();
          const directory = await storage.list(path, permit);
          if (!guard.stillAllows(granted())) return closeRevoked(directory);
          return new GuardedDirectory({ directory, granted: granted(), guard, things });
        },
        stat: (path) => storage.stat(path, true, guard.look),
        lstat: (path) => storage.stat(path, false, guard.look),
        readLink: (path) => storage.readLink(path, guard.look),
        realPath: (path) => storage.realPath(path, guard.resolve),
        space: (path) => storage.space(path, guard.look),

        async open(path, options) {
          try {
            const { permit, granted } = guard.open(options);
            const file = await storage.open(path, options, permit);
            if (!guard.stillAllows(granted())) return await closeRevoked(file);
            return new GuardedFile({ file, options, granted: granted(), guard, things, recorder, pace, openFiles });
          } catch (error) {
            // A file that did open is recorded when it is closed.
            const event = options.write === true ? 'file.upload' : 'file.download';
            return record({ event, path }, () => Promise.reject(error));
          }
        },
        makeDirectory: (path, options) =>
          record({ event: 'directory.create', path }, () =>
            storage.makeDirectory(path, options?.mode, guard.make('create_dirs')),
          ),
        remove: (path) =>
          record({ event: 'file.delete', path }, () => storage.remove(path, guard.allow('delete_files'))),
        removeDirectory: (path) =>
          record({ event: 'directory.delete', path }, () => storage.removeDirectory(path, guard.allow('delete_dirs'))),
        rename: (from, to, { replace = false } = {}) =>
          record({ event: 'file.rename', path: from, target: to }, () =>
            storage.rename(from, to, replace, guard.rename(replace)),
          ),
        setAttributes: (path, changes, { followLinks = true } = {}) =>
          record({ event: 'file.attributes', path }, () =>
            storage.setAttributes(path, changes, followLinks, guard.change(changes)),
          ),
        makeLink: (path, target) =>
          record({ event: 'file.link', path, target }, () =>
            storage.makeLink(path, target, guard.make('create_symlinks')),
          ),
        makeHardLink: (existing, path) =>
          record({ event: 'file.link', path, target: existing }, () =>
            storage.makeHardLink(existing, path, guard.hardLink()),
          ),

        async copy(from, to, { replace = false } = {}) {
          const copying = (): Promise<number> => copyFile({ storage, guard, things, signal }, { from, to, replace });
          await record({ event: 'file.copy', path: from, target: to }, copying, (bytes) => bytes);
        },
      };
    },
    administration: ({ identity, origin, face, verbs }) =>
      guardVerbs({ verbs, administrator: { face, identity, origin }, guard: createGuard({ policy, identity }) }),
  };
}

/**
 * The rules may have changed between the permit and the opening. What is kept must be known to OpenThings in the moment in
 * which it is asked: they may change in the next.
 */
async function closeRevoked(opened: {
  readonly path: VirtualPath;
  close(options?: CloseOptions): Promise<void>;
}): Promise<never> {
  await opened.close({ abandon: true });
  throw revokedError(opened.path);
}
