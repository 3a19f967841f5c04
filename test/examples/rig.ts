import { cpSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { root } from '../house/project.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { freePort, isLiving } from '../support/procs.ts';

/** What `muster status --json` says of a service. */
export type Row = {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly url: string | null;
  readonly ports: readonly { readonly port: number }[];
  readonly reason: string | null;
  readonly restarts: number;
};

/** An example in a folder of its own, with its variables, until the end of the test. */
export type Example = {
  readonly project: Project;
  readonly env: Readonly<Record<string, string>>;
  /** Runs muster in it, and throws with what it said when its exit code is another. */
  readonly muster: (args: readonly string[], expected?: number, more?: Readonly<Record<string, string>>) => Promise<RunResult>;
  readonly rows: () => Promise<readonly Row[]>;
  readonly row: (name: string) => Promise<Row>;
  /** Takes it down, and makes sure that nothing of what ran before is left. */
  readonly down: () => Promise<void>;
};

export const openExample = (name: string, env: Readonly<Record<string, string>> = {}): Example => {
  const project = createProject();
  const isOurs = (file: string): boolean => !/(^|\/)(logs|__pycache__|\.server_memory\.json.*)(\/|$)/.test(file);
  cpSync(path.join(root, 'examples', name), project.folder, { recursive: true, filter: isOurs });
  const muster: Example['muster'] = async (args, expected = 0, more = {}) => {
    const result = await runMuster(args, { cwd: project.folder, env: { ...env, ...more } });
    expect(result.code, `muster ${args.join(' ')}\n${result.stdout}\n${result.stderr}`).to.equal(expected);
    return result;
  };
  const rows = async (): Promise<readonly Row[]> => {
    const { stdout } = await muster(['status', '--json']);
    return (JSON.parse(stdout) as { readonly services: readonly Row[] }).services;
  };
  return {
    project,
    env,
    muster,
    rows,
    row: async (wanted) => {
      const found = (await rows()).find((row) => row.name === wanted);
      if (found === undefined) throw new Error(`there is no "${wanted}"`);
      return found;
    },
    down: async () => {
      const before = await rows();
      await muster(['down']);
      for (const { name: left, pid } of before) expect(pid !== null && isLiving(pid), left).to.equal(false);
    },
  };
};

/** Ports that nobody listens on now, each for one variable. */
export const freePorts = async (...names: readonly string[]): Promise<Record<string, string>> => {
  const chosen = new Set<number>();
  while (chosen.size < names.length) chosen.add(await freePort());
  return Object.fromEntries(names.map((name, index) => [name, String([...chosen][index])]));
};

export const statesOf = (rows: readonly Row[]): Readonly<Record<string, string>> =>
  Object.fromEntries(rows.map(({ name, state }) => [name, state]));

export const getJson = async (url: string): Promise<unknown> => {
  const answer = await fetch(url);
  expect(answer.status, url).to.equal(200);
  return answer.json();
};
