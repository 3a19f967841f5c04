type Edit = { readonly file: string; readonly find: string; readonly put: string };

export type Planted = { readonly name: string; readonly edits: readonly Edit[]; readonly tests: readonly string[] };

/**
 * Bugs that others of this field have, or have had: each is a change of a few words, and each has to turn the tests red
 * (`npm run mutations` plants them one by one). `tests` are those that are asked; any other may find it as well.
 */
export const planted: readonly Planted[] = [
  {
    name: 'drop the start-time check',
    edits: [
      {
        file: 'lib/runtime/processes/tree.ts',
        find: 'leader.startTime === String(start) && leader.bootId === table.bootId',
        put: 'start >= 0 && leader.bootId === table.bootId',
      },
      {
        file: 'lib/runtime/processes/tree.ts',
        find: 'return stat !== null && String(stat.start) === identity.startTime;',
        put: 'return stat !== null;',
      },
    ],
    tests: ['test/runtime/processes.test.ts', 'test/runtime/identity.test.ts'],
  },
  {
    name: 'drop fsync',
    edits: [
      {
        file: 'lib/runtime/atomic-write.ts',
        find: 'await handle.sync();\n    return toFileMark',
        put: 'return toFileMark',
      },
    ],
    tests: ['test/runtime/atomic-write.test.ts'],
  },
  {
    name: 'a pipe instead of a file for output',
    edits: [
      {
        file: 'lib/runtime/processes/spawn.ts',
        find: 'child = spawnChild(program, args, { cwd: options.cwd, env, stdio: mask(opened.stdio), detached: true, windowsHide: true });',
        put: `const [stdin, , , ...more] = mask(opened.stdio);
      child = spawnChild(program, args, { cwd: options.cwd, env, stdio: [stdin ?? 'ignore', 'pipe', 'pipe', ...more], detached: true });
      for (const stream of [child.stdout, child.stderr]) stream?.pipe(createWriteStream(options.stdout, { flags: 'a' }));`,
      },
      {
        file: 'lib/runtime/processes/spawn.ts',
        find: 'import { readFileSync, writeFileSync }',
        put: 'import { createWriteStream, readFileSync, writeFileSync }',
      },
    ],
    tests: ['test/behaviour/killed.test.ts'],
  },
  {
    name: 'an idle timeout instead of a total one',
    edits: [
      {
        file: 'lib/runtime/probes/run.ts',
        find: 'const timer = abortAfter(run.probe.timeout, controller, clock);',
        put: "const timer = run.check.kind === 'http' ? { cancel: () => {} } : abortAfter(run.probe.timeout, controller, clock);",
      },
      {
        file: 'lib/runtime/probes/http.ts',
        find: 'const response = await firstResponse(request);',
        put: "request.setTimeout(300, () => request?.destroy(new Error('idle')));\n    const response = await firstResponse(request);",
      },
    ],
    tests: ['test/runtime/probes/http.test.ts'],
  },
  {
    name: 'a Host that is parsed before it is compared',
    edits: [
      {
        file: 'lib/interfaces/http/gate.ts',
        find: 'if (host !== undefined && others.length === 0 && hosts.has(host)) return null;',
        put: `const url = \`http://\${host}\`;
  if (host !== undefined && others.length === 0 && URL.canParse(url) && hosts.has(new URL(url).host)) return null;`,
      },
    ],
    tests: ['test/http/requests.test.ts'],
  },
  {
    name: 'an unlink of the dead owner in the lock',
    edits: [
      {
        file: 'lib/runtime/lock.ts',
        find: 'const own = await linkGeneration(options, place, Math.max(0, ...present.map(({ number }) => number)) + 1);',
        put: `await Promise.all(present.map(({ number }) => rm(toPath(place, number), { force: true })));
      const own = await linkGeneration(options, place, 1);`,
      },
    ],
    tests: ['test/runtime/lock.test.ts'],
  },
  {
    name: 'kill by a bare pid',
    edits: [
      {
        file: 'lib/runtime/processes/signal.ts',
        find: 'return now !== null && now.start === row.start && now.group === row.group;',
        put: 'return now !== null || row.pid > 0;',
      },
    ],
    tests: ['test/runtime/processes.test.ts', 'test/runtime/tree.test.ts'],
  },
  {
    name: 'health carried over a restart',
    edits: [
      {
        file: 'lib/domain/lifecycle/lifecycle.ts',
        find: "if ('attempt' in event && event.attempt !== record.attempt) return stay(record);",
        put: "if ('attempt' in event && event.type !== 'probed' && event.attempt !== record.attempt) return stay(record);",
      },
    ],
    tests: ['test/supervisor/start.test.ts', 'test/supervisor/late-events.test.ts'],
  },
  {
    name: 'no sweep of what an attempt left',
    edits: [
      {
        file: 'lib/supervisor/effects.ts',
        find: 'sweep: ({ name, attempt }) => trees.sweep(name, attempt),',
        put: 'sweep: () => {},',
      },
    ],
    tests: ['test/behaviour/processes.test.ts'],
  },
  {
    name: 'an unordered stop',
    edits: [
      {
        file: 'lib/domain/lifecycle/stopping.ts',
        find: 'if (isFirst && context.isNeededByStopping()) return stay(record);',
        put: 'if (state.hurry === null && context.now < 0) return stay(record);',
      },
    ],
    tests: ['test/supervisor/stop.test.ts'],
  },
];
