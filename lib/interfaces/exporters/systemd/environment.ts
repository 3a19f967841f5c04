import { portVariablesOf } from '../../../domain/port-variables.ts';
import type { Service } from '../../../domain/service.ts';
import type { ExportInput, LossList } from '../exporter.ts';
import { findReferences } from '../stand-ins.ts';
import type { TextWriter } from '../text.ts';
import { isSecretOf } from '../variables.ts';
import { quoteAssignment } from './quote.ts';

export type UnitEnvironment = {
  /** `Environment=` of each variable whose value may stand in the unit. */
  readonly lines: readonly string[];
  /** Variables that have to be filled in, and of those that are more than a secret, what they are made of. */
  readonly toFill: ReadonlyMap<string, string | null>;
};

type EnvironmentInput = {
  readonly service: Service;
  readonly input: ExportInput;
  readonly write: TextWriter;
  readonly losses: LossList;
};

/** systemd fills nothing into the value of a variable, so one with a secret inside is filled in as a whole. */
export const toEnvironment = ({ service, input, write, losses: { lose } }: EnvironmentInput): UnitEnvironment => {
  const isSecret = isSecretOf(input, service.name);
  const lines: string[] = [];
  const toFill = new Map<string, string | null>();
  for (const [name, text] of Object.entries({ ...portVariablesOf(service), ...service.env })) {
    const secrets = isSecret(name) ? [] : findReferences(text);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      lose(service.name, `its variable ${JSON.stringify(name)}: systemd takes letters, digits and "_" only`);
    else if (isSecret(name)) toFill.set(name, null);
    else if (secrets.length > 0) {
      toFill.set(name, write(text));
      lose(service.name, `that ${secrets.join(', ')} is filled into its ${name}: fill in the whole of ${name} there`);
    } else lines.push(`Environment=${quoteAssignment(`${name}=${write(text)}`)}`);
  }
  return { lines, toFill };
};

/** Read by systemd as root, before the program runs as somebody else. */
export const toEnvironmentFile = (toFill: UnitEnvironment['toFill']): string => {
  const entries = [...toFill].sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, made]) => `${made === null ? '' : `# ${toOneLine(`${name}=${made}`)}\n`}${name}=\n`).join('');
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may end the comment.
const toOneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').replace(/\\+$/, '');
