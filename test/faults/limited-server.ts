// A server whose users have limits, in a process of its own that a test can kill: its settings and limits are the two
// words it is started with, as JSON. Says on standard output at which port it listens.

import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/server.ts';
import { LiveRules } from '../helpers/live-rules.ts';

const [settings = '{}', limits = '{}'] = process.argv.slice(2);
const flags = JSON.parse(settings) as Record<string, string>;
const config = await loadConfig({ flags, environment: {} });
const server = await startServer(config, { quiet: true, rules: new LiveRules(JSON.parse(limits)) });
process.stdout.write(`${server.port}\n`);
process.once('SIGTERM', () => void server.stop());
