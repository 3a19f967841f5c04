import { basename } from 'node:path';
import { defaults } from '../../domain/defaults.ts';
import type { Stack } from '../../domain/service.ts';

/** Of a project whose file cannot be read: no service is known, so that each has the defaults. */
export const toBareStack = (root: string, file: string): Stack => ({
  name: basename(root),
  root,
  file,
  files: [],
  environment: defaults.environment,
  services: new Map(),
  maxParallel: null,
  bootTimeout: null,
  shutdownDeadline: defaults.shutdownDeadline,
  hooks: { env: {}, commands: {} },
  notify: [],
  clean: [],
});
