// What the package offers to programs: the server. The client is `sshome/client`.

export { ConfigError, type ConfigSources, loadConfig, type ServerConfig } from './config/load.ts';
export { type Config, SETTINGS, type Setting } from './config/schema.ts';
export {
  type Administration,
  AdministrationError,
  type Row,
  type VerbCall,
  type VerbResult,
  type VerbSyntax,
  VerbUsageError,
} from './model/administration.ts';
export { type SshomeServer, StartError, startServer } from './server.ts';
