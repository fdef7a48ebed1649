// The core: identity + path -> guard -> storage -> audit event. Every face reaches files through here and no other way.

import type { Policy } from '../access/policy.ts';
import type { OpenFileInfo } from '../model/account.ts';
import type { Administration, Verbs } from '../model/administration.ts';
import type { Audit } from '../model/event.ts';
import type { Files } from '../model/files.ts';
import type { Face, Identity, Origin } from '../model/identity.ts';
import type { Storage } from '../storage/storage.ts';
import { copyFile } from './copy-file.ts';
import { createGuard } from './guard.ts';
import { guardVerbs } from './guard-verbs.ts';
import { guardFile } from './open-file.ts';
import { createRecorder } from './recorder.ts';

export interface Operations {
  /** The files in `storage` as `identity` may use them, coming by `face` over `origin`. */
  as(who: {
    identity: Identity;
    origin: Origin;
    face: Face;
    storage: Storage;
    /** Holds the files while they are open. */
    openFiles?: Set<OpenFileInfo>;
  }): Files;
  /** The verbs as `identity` may use them. */
  administration(who: { identity: Identity; origin: Origin; face: 'shell' | 'exec'; verbs: Verbs }): Administration;
}

export function createOperations({ policy, audit }: { policy: Policy; audit: Audit }): Operations {
  return {
    as({ identity, origin, face, storage, openFiles }) {
      const guard = createGuard({ policy, identity });
      const recorder = createRecorder({ audit, identity, origin, face });
      const { record } = recorder;

      return {
        list: (path) => storage.list(path, guard.allow('list')),
        stat: (path) => storage.stat(path, true, guard.look),
        lstat: (path) => storage.stat(path, false, guard.look),
        readLink: (path) => storage.readLink(path, guard.look),
        realPath: (path) => storage.realPath(path, guard.look),
        space: (path) => storage.space(path, guard.look),

        async open(path, options) {
          try {
            const file = await storage.open(path, options, guard.open(options));
            return guardFile({ file, options, guard, recorder, openFiles });
          } catch (error) {
            // A file that did open is recorded when it is closed.
            const event = options.write === true ? 'file.upload' : 'file.download';
            return record({ event, path }, () => Promise.reject(error));
          }
        },
        makeDirectory: (path, options) =>
          record({ event: 'directory.create', path }, () =>
            storage.makeDirectory(path, options?.mode, guard.allow('create_dirs')),
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
            storage.makeLink(path, target, guard.allow('create_symlinks')),
          ),
        makeHardLink: (existing, path) =>
          record({ event: 'file.link', path, target: existing }, () => {
            const permit = guard.allow('create_symlinks');
            return storage.makeHardLink(existing, path, { existing: permit, path: permit });
          }),

        async copy(from, to, { replace = false } = {}) {
          const copying = async (): Promise<number> => {
            const source = await storage.open(from, { read: true }, guard.allow('copy'));
            try {
              const { mode } = await source.stat();
              const options = { write: true, create: true, exclusive: !replace, whole: true, mode: mode & 0o777 };
              const target = await storage.open(to, options, guard.open(options));
              try {
                const bytes = await copyFile(source, target);
                await target.close();
                return bytes;
              } catch (error) {
                await target.close({ abandon: true });
                throw error;
              }
            } finally {
              await source.close();
            }
          };
          await record({ event: 'file.copy', path: from, target: to }, copying, (bytes) => bytes);
        },
      };
    },
    administration: ({ identity, origin, face, verbs }) =>
      guardVerbs({ verbs, administrator: { face, identity, origin }, guard: createGuard({ policy, identity }) }),
  };
}
