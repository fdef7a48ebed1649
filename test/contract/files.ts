// The contract of `Files` (src/model/files.ts): what every implementation does, over memory, over the disk, over SFTP.

import { testContent } from './files-content.ts';
import { testLinks } from './files-links.ts';
import { testListing } from './files-listing.ts';
import { testNames } from './files-names.ts';
import { testOpening } from './files-opening.ts';
import type { Differences, Subject } from './subject.ts';

/** Declares the tests of the contract for the files that `makeFiles` makes, one empty home for each test. */
export function testFiles(title: string, makeFiles: Subject['makeFiles'], differences: Differences = {}): void {
  const subject: Subject = { title, makeFiles, differences };
  testOpening(subject);
  testContent(subject);
  testListing(subject);
  testNames(subject);
  testLinks(subject);
}
