// Every command of the command line, in the order of the help. Those of the server bring all of the server with them.

import type { CommandModule } from 'yargs';
import { accessCommand } from './access.ts';
import { administrationCommands } from './administration.ts';
import { configCommand } from './config.ts';
import { connectCommand } from './connect.ts';
import { deleteCommand } from './delete.ts';
import { downloadCommand } from './download.ts';
import { listCommand } from './list.ts';
import { previewCommand } from './preview.ts';
import { serveCommand } from './serve.ts';
import { uploadCommand } from './upload.ts';

export function allCommands(): CommandModule[] {
  return [
    serveCommand(),
    configCommand(),
    accessCommand(),
    ...administrationCommands(),
    connectCommand(),
    uploadCommand(),
    downloadCommand(),
    previewCommand(),
    deleteCommand(),
    listCommand(),
  ];
}
