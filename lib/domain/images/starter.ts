import { memoryFileName } from '../memory-name.ts';
import type { Command, Service } from '../service.ts';

export type Starting = {
  readonly service: Pick<Service, 'command' | 'ports'>;
  /** Names of what lies in the context. */
  readonly files: readonly string[];
};

type Kind = { readonly sign: string; readonly from: string; readonly steps: readonly string[] };

/** By the first of these files that is there. Only what nearly everybody would write: the rest is for whoever knows the program. */
const kinds: readonly Kind[] = [
  { sign: 'package-lock.json', from: 'node:22-slim', steps: ['COPY package.json package-lock.json ./', 'RUN npm ci'] },
  { sign: 'package.json', from: 'node:22-slim', steps: ['COPY package.json ./', 'RUN npm install'] },
  {
    sign: 'requirements.txt',
    from: 'python:3.13-slim',
    steps: ['COPY requirements.txt ./', 'RUN pip install --no-cache-dir -r requirements.txt'],
  },
];

const unknown: Kind = { sign: '', from: 'debian:stable-slim', steps: [] };

/** A Dockerfile to begin with. What it does not know it says, for a person to decide before anything is built. */
export const toStarterDockerfile = ({ service, files }: Starting): string => {
  const kind = kinds.find(({ sign }) => files.includes(sign)) ?? unknown;
  const port = service.ports[0]?.wanted ?? null;
  const lines = [
    '# Written by "muster up --on kubernetes" to begin with: look through it, then run that again.',
    `# DECIDE: an image that has what the program needs${kind === unknown ? '' : `; there is a ${kind.sign} here`}.`,
    `FROM ${kind.from}`,
    'WORKDIR /app',
    ...kind.steps,
    'COPY . .',
    ...(port === null ? [] : ['# In a pod it has to listen on 0.0.0.0 to be reached.', `EXPOSE ${port}`]),
    ...toCommand(service.command),
  ];
  return `${lines.join('\n')}\n`;
};

/** What a builder should not copy: what is made here, what is secret, and what is muster's own. */
export const starterIgnore: string = `.git\nnode_modules\nlogs\n.env\n.env.*\n${memoryFileName}*\n`;

const toCommand = (command: Command): readonly string[] => {
  if (command.kind === 'shell')
    return typeof command.line === 'string' ? [`CMD ${toList(['/bin/sh', '-c', command.line])}`] : decide;
  const words = [command.program, ...command.args].flatMap((word) => (typeof word === 'string' ? [word] : []));
  if (words.length !== command.args.length + 1) return decide;
  return words[0] === '' ? decide : [`CMD ${toList(words)}`];
};

const decide = ['# Its command comes from services.yaml.'];

const toList = (words: readonly string[]): string => `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
