// Node 18 has WebCrypto, but not under the name by which browsers and later versions know it.

import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
