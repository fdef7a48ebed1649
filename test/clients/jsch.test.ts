// JSch, Java's old SSH library (Debian has 0.1.54), which much enterprise software still carries: Jenkins plugins, ETL
// tools, Eclipse. It knows neither ed25519 nor rsa-sha2 keys, and no encrypt-then-MAC.

import { once } from './client-tests.ts';
